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
  `create table exposure_count (
    run_id text collate "C" not null references run,
    stratum int not null,
    variant text collate "C" not null,
    slot smallint not null,
    count bigint not null,
    primary key (run_id, stratum, variant, slot)) with (fillfactor = 70)`,
];
