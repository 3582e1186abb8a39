import { type Kysely, sql } from 'kysely';

/**
 * Judging beside the trials: by judges that call something, after the trials of a run, and by evaluators that are
 * attached to a run that has ended. Frozen: later changes are later migrations.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // `result` holds what attached evaluators measured: the result of the run itself is frozen with its decision.
  `create table scoring (
    id text collate "C" primary key,
    run_id text collate "C" not null references run,
    kind text not null check (kind in ('plan','attached')),
    evaluators jsonb not null,
    status text not null check (status in ('waiting','running','completed','failed')),
    idempotency_key text,
    requested_by text not null,
    error jsonb,
    result jsonb,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (run_id, idempotency_key))`,
  `create unique index scoring_of_plan on scoring (run_id) where kind = 'plan'`,
  `create index scoring_by_run on scoring (run_id, created_at)`,
  // Examples [from_ordinal, to_ordinal) of the plan, all variants and repetitions: judges that compare need them together.
  `create table score_shard (
    scoring_id text collate "C" not null references scoring,
    shard int not null,
    from_ordinal int not null,
    to_ordinal int not null,
    fence int not null default 0,
    lanes int not null default 0,
    finished boolean not null default false,
    to_score int not null default 0,
    scored int not null default 0,
    errors int not null default 0,
    cost_usd float8 not null default 0,
    primary key (scoring_id, shard)) with (fillfactor = 50)`,
  `create table judgement_cache (
    project_id text not null references project,
    key text not null,
    score float8,
    label text,
    explanation text,
    detail jsonb,
    created_at timestamptz not null default now(),
    primary key (project_id, key))`,
];
