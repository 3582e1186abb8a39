import { type Kysely, sql } from 'kysely';

/** Rollouts: traffic with its history, exposures, outcomes, counts kept by delta. Frozen: later changes are later migrations. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // One row per agent. Without a row all units get the production version.
  `create table traffic (
    agent_id text collate "C" primary key references agent,
    project_id text not null references project,
    revision bigint not null,
    split jsonb not null,
    run_id text collate "C" references run,
    stage int,
    stratum int,
    lease_until timestamptz,
    changed_at timestamptz not null default now())`,
  // Every split there ever was, so that any assignment can be derived again.
  `create table traffic_revision (
    agent_id text collate "C" not null references agent,
    revision bigint not null,
    split jsonb not null,
    run_id text collate "C" references run,
    stage int,
    stratum int,
    changed_at timestamptz not null default now(),
    primary key (agent_id, revision))`,
  `create table stratum (
    run_id text collate "C" not null references run,
    stratum int not null,
    stage int not null,
    seed text not null,
    shares jsonb not null,
    anchors jsonb not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    primary key (run_id, stratum))`,
  // draw: 0, or the stage where units are drawn anew in each.
  `create table exposure (
    run_id text collate "C" not null references run,
    draw int not null,
    unit text collate "C" not null,
    variant text collate "C" not null,
    stratum int not null,
    revision bigint not null,
    at timestamptz not null,
    received_at timestamptz not null default now(),
    primary key (run_id, draw, unit))`,
  `create index exposure_by_arrival on exposure (run_id, received_at)`,
  `create table outcome (
    agent_id text collate "C" not null references agent,
    unit text collate "C" not null,
    metric text collate "C" not null,
    identifier text collate "C" not null,
    revision int not null,
    value float8 not null,
    at timestamptz not null,
    received_at timestamptz not null default now(),
    primary key (agent_id, unit, metric, identifier))`,
  `create table unit_metric (
    run_id text collate "C" not null references run,
    draw int not null,
    unit text collate "C" not null,
    metric text collate "C" not null,
    variant text collate "C" not null,
    stratum int not null,
    value float8 not null,
    bin smallint not null,
    state text not null check (state in ('provisional', 'final')),
    closes_at timestamptz not null,
    silent boolean not null default false,
    revision int not null default 0,
    primary key (run_id, draw, unit, metric))`,
  `create index unit_metric_open on unit_metric (run_id, closes_at) where state = 'provisional'`,
  // slot spreads the writers of one count over 16 rows, so that none of them is hot.
  `create table metric_count (
    run_id text collate "C" not null references run,
    stratum int not null,
    variant text collate "C" not null,
    metric text collate "C" not null,
    bin smallint not null,
    slot smallint not null,
    count bigint not null,
    primary key (run_id, stratum, variant, metric, bin, slot)) with (fillfactor = 70)`,
  // Where a rollout stands. Times are Temporal's, whose clock all durations of a rollout go by.
  `create table rollout_state (
    run_id text collate "C" primary key references run,
    agent_id text collate "C" not null references agent,
    phase text not null default 'requested' check (phase in ('requested','stage','watch','ended')),
    seq int not null default 0,
    stage int not null default 0,
    stratum int,
    entered_at timestamptz,
    idle_ms float8 not null default 0,
    idle_since timestamptz,
    extended_ms float8 not null default 0,
    disturbed boolean not null default false,
    command text check (command in ('advance','skip')),
    hold text,
    srm_since timestamptz,
    dropped_exposures bigint not null default 0,
    latest_look jsonb)`,
  // One run moves an agent's traffic at a time.
  `create unique index rollout_moving on rollout_state (agent_id) where phase <> 'ended'`,
  // Times when nothing advances, and a stop of everything: ends null = until somebody ends it.
  `create table freeze_window (
    id text collate "C" primary key,
    project_id text not null references project,
    from_at timestamptz not null,
    to_at timestamptz,
    reason text not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    ended_at timestamptz)`,
  `create index freeze_by_project on freeze_window (project_id, from_at)`,
  // Shadow stages: pairs of answers by bin of the candidate - bin of control.
  `create table shadow_count (
    run_id text collate "C" not null references run,
    stage int not null,
    variant text collate "C" not null,
    metric text collate "C" not null,
    difference smallint not null check (difference between -100 and 100),
    slot smallint not null,
    count bigint not null,
    primary key (run_id, stage, variant, metric, difference, slot))`,
  // When the newest value of a metric came; written at most once in ten seconds.
  `create table metric_freshness (
    run_id text collate "C" not null references run,
    metric text collate "C" not null,
    last_value_at timestamptz not null,
    asked bigint not null default 0,
    failed bigint not null default 0,
    primary key (run_id, metric))`,
  // Calls that went through the gateway, by the variant that the unit was assigned (a fallback answer too).
  `create table agent_call (
    id text collate "C" primary key,
    project_id text not null references project,
    agent_id text collate "C" not null references agent,
    run_id text collate "C",
    variant text collate "C" not null,
    version int not null,
    revision bigint not null,
    unit text collate "C",
    trace_id text not null,
    shadow boolean not null default false,
    fell_back boolean not null default false,
    status text not null check (status in ('succeeded', 'failed')),
    error_class text,
    latency_ms float8,
    first_token_ms float8,
    input_tokens float8,
    output_tokens float8,
    cost_usd float8,
    steps float8,
    at timestamptz not null)`,
  `create index agent_call_by_version on agent_call (agent_id, version, at)`,
  // Up to where exposures were searched for silent units.
  `create table silence_mark (
    run_id text collate "C" not null references run,
    metric text collate "C" not null,
    silent_until timestamptz not null,
    primary key (run_id, metric))`,
  // Zero-tolerance events: they count once a second judgement or a person confirmed them.
  `create table zero_tolerance_event (
    run_id text collate "C" not null references run,
    draw int not null,
    unit text collate "C" not null,
    metric text collate "C" not null,
    variant text collate "C" not null,
    seen_at timestamptz not null default now(),
    confirmed_by text,
    refuted_by text,
    primary key (run_id, draw, unit, metric))`,
  `create table exposure_count (
    run_id text collate "C" not null references run,
    stratum int not null,
    variant text collate "C" not null,
    slot smallint not null,
    count bigint not null,
    primary key (run_id, stratum, variant, slot)) with (fillfactor = 70)`,
];
