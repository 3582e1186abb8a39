import { type Kysely, sql } from 'kysely';

/**
 * The first schema. Frozen: later changes are later migrations. Keys and rules are DESIGN §5.
 * Text that is compared byte for byte is `collate "C"`, so that order is the same on every Postgres.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // -- who acts
  `create table project (
    id text primary key,
    name text not null unique,
    created_at timestamptz not null default now())`,
  `create table person (
    id text primary key,
    project_id text not null references project,
    name text not null,
    created_at timestamptz not null default now(),
    unique (project_id, name))`,
  `create table api_key (
    id text primary key,
    project_id text not null references project,
    person_id text references person,
    service_name text,
    role text not null check (role in ('viewer','engineer','annotator','approver','on_call','admin','ingest')),
    secret_hash bytea not null unique,
    hint text not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    check ((person_id is null) <> (service_name is null)))`,

  // -- what is compared
  `create table agent (
    id text primary key,
    project_id text not null references project,
    name text not null,
    production_version int,
    created_at timestamptz not null default now(),
    unique (project_id, name))`,
  `create table agent_version (
    agent_id text not null references agent,
    version int not null,
    content_hash text not null,
    config jsonb not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    primary key (agent_id, version),
    unique (agent_id, content_hash))`,

  // -- what is asked
  `create table dataset (
    id text primary key,
    project_id text not null references project,
    name text not null,
    created_at timestamptz not null default now(),
    unique (project_id, name))`,
  `create table dataset_version (
    id text primary key,
    dataset_id text not null references dataset,
    version int not null,
    example_count int not null,
    splits jsonb not null,
    content_hash text not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    unique (dataset_id, version))`,
  `create table example_revision (
    id bigint generated always as identity primary key,
    dataset_id text not null references dataset,
    example_id text collate "C" not null,
    content_hash text not null,
    input jsonb not null,
    expected jsonb,
    metadata jsonb not null default '{}',
    cluster_key text collate "C",
    source_trace_id text,
    unique (dataset_id, example_id, content_hash))`,
  `create table dataset_member (
    dataset_version_id text not null references dataset_version,
    ordinal int not null,
    example_revision_id bigint not null references example_revision,
    splits text[] not null default '{}',
    primary key (dataset_version_id, ordinal))`,
  `create table dataset_push (
    id text primary key,
    project_id text not null references project,
    dataset_name text not null,
    finished_version_id text references dataset_version,
    created_by text not null,
    created_at timestamptz not null default now())`,
  `create table dataset_push_row (
    push_id text not null references dataset_push on delete cascade,
    ordinal int not null,
    example_id text collate "C",
    content_hash text not null,
    input jsonb not null,
    expected jsonb,
    metadata jsonb not null,
    cluster_key text collate "C",
    source_trace_id text,
    splits text[] not null,
    primary key (push_id, ordinal))`,
  `create table attachment (
    project_id text not null references project,
    sha256 text not null,
    media_type text not null,
    size_bytes bigint not null,
    content bytea not null,
    created_at timestamptz not null default now(),
    primary key (project_id, sha256))`,

  // -- how it is judged
  `create table evaluator_version (
    id text primary key,
    project_id text not null references project,
    name text not null,
    version int not null,
    content_hash text not null,
    config jsonb not null,
    created_at timestamptz not null default now(),
    unique (project_id, name, version),
    unique (project_id, name, content_hash))`,
  `create table metric (
    project_id text not null references project,
    name text not null,
    definition jsonb not null,
    created_at timestamptz not null default now(),
    primary key (project_id, name))`,
  `create table gate_version (
    project_id text not null references project,
    name text not null,
    version int not null,
    content_hash text not null,
    policy jsonb not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    primary key (project_id, name, version),
    unique (project_id, name, content_hash))`,

  // -- what is done
  `create table run (
    id text collate "C" primary key,
    project_id text not null references project,
    kind text not null check (kind in ('experiment','rollout','monitor','improvement')),
    name text not null,
    status text not null check (status in
      ('queued','running','paused','awaiting_approval','completed','failed','aborted')),
    seq int not null default 0,
    intent text not null default 'run' check (intent in ('run','pause','abort')),
    spec jsonb not null,
    spec_hash text not null,
    plan jsonb not null,
    plan_hash text not null,
    idempotency_key text,
    requested_by text not null,
    planned int,
    error jsonb,
    result jsonb,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    unique (project_id, idempotency_key))`,
  `create index run_by_project on run (project_id, created_at desc)`,
  `create table plan_example (
    run_id text collate "C" not null references run,
    ordinal int not null,
    example_id text collate "C" not null,
    example_revision_id bigint not null references example_revision,
    cluster_key text collate "C",
    splits text[] not null,
    primary key (run_id, ordinal))`,
  `create table shard (
    run_id text collate "C" not null references run,
    shard int not null,
    from_trial int not null,
    to_trial int not null,
    fence int not null default 0,
    lanes int not null default 0,
    finished boolean not null default false,
    succeeded int not null default 0,
    failed int not null default 0,
    missing int not null default 0,
    retried_calls int not null default 0,
    interrupted_calls int not null default 0,
    cost_usd float8 not null default 0,
    primary key (run_id, shard)) with (fillfactor = 50)`,
  `create table trial (
    id text collate "C" not null,
    run_id text collate "C" not null references run,
    variant text collate "C" not null,
    example_id text collate "C" not null,
    repetition int not null,
    ordinal int not null,
    status text not null check (status in ('succeeded','failed')),
    error_class text,
    caused_by text check (caused_by in ('agent','platform')),
    error_message text,
    attempts int not null,
    latency_ms float8,
    input_tokens float8,
    output_tokens float8,
    cost_usd float8,
    steps float8,
    output jsonb,
    output_hash text,
    model text,
    revision text,
    trace_id text not null,
    finished_at timestamptz not null default now(),
    primary key (run_id, variant, example_id, repetition))`,
  `create index trial_failed on trial (run_id) where status = 'failed'`,
  `create table score (
    subject_id text collate "C" not null,
    evaluator_version_id text not null references evaluator_version,
    identifier text not null default '',
    name text not null,
    score float8,
    label text,
    explanation text,
    annotator_kind text not null check (annotator_kind in ('CODE','LLM','HUMAN')),
    error text,
    created_at timestamptz not null default now(),
    primary key (subject_id, evaluator_version_id, identifier))`,
  `create index score_failed on score (subject_id) where error is not null`,

  // -- what is decided; append-only
  `create table evidence (
    id text primary key,
    run_id text collate "C" not null references run,
    hash text not null,
    content jsonb not null,
    created_at timestamptz not null default now(),
    unique (run_id, hash))`,
  `create table decision (
    id text primary key,
    run_id text collate "C" not null references run,
    evidence_id text not null references evidence,
    verdict text not null check (verdict in ('pass','fail','inconclusive')),
    action text not null check (action in ('roll_forward','roll_back','hold')),
    policy jsonb not null,
    plan_hash text not null,
    statistics_version text not null,
    created_at timestamptz not null default now(),
    unique (run_id, evidence_id))`,
  `create table approval (
    id bigint generated always as identity primary key,
    run_id text collate "C" not null references run,
    person_id text not null references person,
    evidence_id text not null references evidence,
    plan_hash text not null,
    answer text not null check (answer in ('approve','reject')),
    reason text,
    created_at timestamptz not null default now(),
    unique (run_id, evidence_id, person_id),
    check (answer = 'approve' or reason is not null))`,
  `create table audit_event (
    project_id text not null references project,
    number bigint not null,
    at timestamptz not null,
    actor text not null,
    verb text not null,
    subject text not null,
    detail jsonb not null,
    previous_hash bytea not null,
    hash bytea not null,
    primary key (project_id, number))`,
  `create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
    end $$`,
  ...['evidence', 'decision', 'approval', 'audit_event'].map(
    (table) => `create trigger append_only before update or delete or truncate on ${table}
      for each statement execute function refuse_change()`,
  ),

  // -- what must follow
  `create table outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    tries int not null default 0,
    last_error text,
    done_at timestamptz)`,
  `create index outbox_due on outbox (due_at) where done_at is null`,

  // -- limits that hold across workers
  `create table endpoint_limit (
    endpoint text primary key,
    tokens float8 not null default 0,
    refilled_at timestamptz not null default now(),
    blocked_until timestamptz)`,
  `create table endpoint_lease (
    endpoint text not null references endpoint_limit,
    worker text not null,
    permits int not null,
    expires_at timestamptz not null,
    primary key (endpoint, worker))`,

  `insert into project (id, name) values ('prj_default', 'default')`,
];
