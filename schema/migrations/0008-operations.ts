import { type Kysely, sql } from 'kysely';

/**
 * What is done to a run after its start: a raised budget, failed trials that are made again, a rerun; and answers that
 * runs with a cache may take instead of a call. Frozen: later changes are later migrations.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // The plan stays as it was frozen: a raised cap stands beside it.
  `alter table run
    add column budget_cap_usd float8,
    add column budget_raised_by text,
    add column budget_raised_at timestamptz,
    add column reopened int not null default 0,
    add column idle_ms float8 not null default 0,
    add column rerun_of text collate "C" references run`,
  'alter table shard add column cached int not null default 0',
  // Rows that were in the way of another try. What they cost and how often they called stays in the tallies of their shard.
  `create table superseded_trial (
    number bigint generated always as identity primary key,
    id text collate "C" not null,
    run_id text collate "C" not null references run,
    variant text collate "C" not null,
    example_id text collate "C" not null,
    repetition int not null,
    ordinal int not null,
    status text not null,
    error_class text,
    caused_by text,
    error_message text,
    attempts int not null,
    latency_ms float8,
    input_tokens float8,
    output_tokens float8,
    cost_usd float8,
    steps float8,
    trajectory jsonb,
    cached boolean not null,
    output jsonb,
    output_hash text,
    model text,
    revision text,
    trace_id text not null,
    finished_at timestamptz not null,
    superseded_at timestamptz not null default now(),
    superseded_by text not null)`,
  'create index superseded_trial_by_run on superseded_trial (run_id)',
  `create table superseded_score (
    number bigint generated always as identity primary key,
    subject_id text collate "C" not null,
    evaluator_version_id text not null references evaluator_version,
    identifier text not null,
    name text not null,
    error text not null,
    cost_usd float8,
    created_at timestamptz not null,
    superseded_at timestamptz not null default now(),
    superseded_by text not null)`,
  'create index superseded_score_by_subject on superseded_score (subject_id)',
  // Names the trial whose answer may be taken; the answer itself stands there alone.
  `create table cached_answer (
    project_id text not null references project,
    key text collate "C" not null,
    run_id text collate "C" not null references run,
    variant text collate "C" not null,
    example_id text collate "C" not null,
    repetition int not null,
    created_at timestamptz not null default now(),
    primary key (project_id, key))`,
];
