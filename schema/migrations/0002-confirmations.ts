import { type Kysely, sql } from 'kysely';

/**
 * Re-runs of protected examples that a candidate broke (DESIGN §7), beside the trials and in none of their counts; and
 * what a run can show, stated at its launch. Frozen: later changes are later migrations.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // A row is made before the first call, so that a call of an attempt that was cut off is counted; it has a status when
  // the re-run is over. `repetition` goes on where the planned ones end.
  `create table confirmation (
    id text collate "C" not null,
    run_id text collate "C" not null references run,
    variant text collate "C" not null,
    example_id text collate "C" not null,
    repetition int not null,
    calls int not null default 0,
    status text check (status in ('succeeded','failed')),
    error_class text,
    caused_by text check (caused_by in ('agent','platform')),
    error_message text,
    latency_ms float8,
    input_tokens float8,
    output_tokens float8,
    cost_usd float8,
    steps float8,
    output jsonb,
    scores jsonb,
    model text,
    revision text,
    trace_id text,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (run_id, variant, example_id, repetition))`,
  'alter table run add column detectable_effects jsonb',
];
