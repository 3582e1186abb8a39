import { type Kysely, sql } from 'kysely';

/** Feedback, calls of units, live answers for judges, and counts that the database itself keeps. Frozen: later changes are later migrations. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // Millions of rows name one agent or one run: a check of each would lock that one row a million times.
  `alter table outcome drop constraint outcome_agent_id_fkey`,
  `alter table exposure drop constraint exposure_run_id_fkey`,
  `alter table exposure_count drop constraint exposure_count_run_id_fkey`,
  `alter table unit_metric drop constraint unit_metric_run_id_fkey`,
  `alter table metric_count drop constraint metric_count_run_id_fkey`,
  `alter table metric_freshness drop constraint metric_freshness_run_id_fkey`,
  `alter table agent_call drop constraint agent_call_agent_id_fkey`,
  `alter table agent_call drop constraint agent_call_project_id_fkey`,
  `alter table outcome add column source text not null default 'outcome' check (source in ('outcome', 'feedback'))`,
  // What people wrote beside a score.
  `create table feedback_comment (
    agent_id text collate "C" not null,
    unit text collate "C" not null,
    metric text collate "C" not null,
    identifier text collate "C" not null,
    trace_id text,
    label text,
    comment text,
    given_by text not null,
    at timestamptz not null default now(),
    primary key (agent_id, unit, metric, identifier))`,
  // draw of the exposure that a call belongs to; null where the unit was not drawn.
  `alter table agent_call add column draw int`,
  `create index agent_call_by_trace on agent_call (trace_id)`,
  `create index agent_call_first on agent_call (run_id, draw, unit, at) where draw is not null`,
  // A unit counts once in a shadow stage: its first pair.
  `create table shadow_unit (
    run_id text collate "C" not null,
    stage int not null,
    unit text collate "C" not null,
    primary key (run_id, stage, unit))`,
  // Answers of first calls of units that a judge is asked about. draw: of the exposure; the stage for shadow pairs.
  `create table live_answer (
    run_id text collate "C" not null,
    kind text collate "C" not null check (kind in ('live', 'shadow')),
    draw int not null,
    unit text collate "C" not null,
    variant text collate "C" not null,
    trace_id text not null,
    failed boolean not null,
    input jsonb,
    output jsonb,
    control_failed boolean,
    control_output jsonb,
    at timestamptz not null,
    received_at timestamptz not null default now(),
    primary key (run_id, kind, draw, unit))`,
  // One row for each answer and metric that is to judge it: waiting until it is scored, or its attempts are spent.
  `create table live_judgement (
    run_id text collate "C" not null,
    kind text collate "C" not null check (kind in ('live', 'shadow')),
    draw int not null,
    unit text collate "C" not null,
    metric text collate "C" not null,
    state text not null default 'waiting' check (state in ('waiting', 'scored', 'failed')),
    attempts int not null default 0,
    due_at timestamptz not null default now(),
    score float8,
    control_score float8,
    cost_usd float8 not null default 0,
    message text,
    primary key (run_id, kind, draw, unit, metric))`,
  `create index live_judgement_due on live_judgement (run_id, due_at) where state = 'waiting'`,
  `alter table rollout_state add column judged_cost_usd float8 not null default 0`,
  `alter table zero_tolerance_event add column reason text`,
  `alter table zero_tolerance_event add column value float8`,
  // Counts follow their rows by themselves, whoever writes these and however writers race: a trigger is handed exactly the rows that a
  // statement changed, old and new. The slot is the writer's, so that two writers rarely meet on one row.
  `create function count_unit_metrics() returns trigger language plpgsql as $$
    declare
      own_slot smallint := coalesce(nullif(current_setting('sluice.slot', true), '')::int, pg_backend_pid() % 16);
    begin
      if tg_op = 'INSERT' then
        insert into metric_count as c (run_id, stratum, variant, metric, bin, slot, count)
          select run_id, stratum, variant, metric, bin, own_slot, count(*) from new_rows where state = 'final'
          group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
          on conflict (run_id, stratum, variant, metric, bin, slot) do update set count = c.count + excluded.count;
      elsif tg_op = 'DELETE' then
        insert into metric_count as c (run_id, stratum, variant, metric, bin, slot, count)
          select run_id, stratum, variant, metric, bin, own_slot, -count(*) from old_rows where state = 'final'
          group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
          on conflict (run_id, stratum, variant, metric, bin, slot) do update set count = c.count + excluded.count;
      else
        insert into metric_count as c (run_id, stratum, variant, metric, bin, slot, count)
          select run_id, stratum, variant, metric, bin, own_slot, sum(moved) from (
            select run_id, stratum, variant, metric, bin, 1 as moved from new_rows where state = 'final'
            union all
            select run_id, stratum, variant, metric, bin, -1 from old_rows where state = 'final') as t
          group by 1, 2, 3, 4, 5 having sum(moved) <> 0 order by 1, 2, 3, 4, 5
          on conflict (run_id, stratum, variant, metric, bin, slot) do update set count = c.count + excluded.count;
      end if;
      return null;
    end $$`,
  `create trigger unit_metric_inserted after insert on unit_metric
    referencing new table as new_rows for each statement execute function count_unit_metrics()`,
  `create trigger unit_metric_updated after update on unit_metric
    referencing old table as old_rows new table as new_rows for each statement execute function count_unit_metrics()`,
  `create trigger unit_metric_deleted after delete on unit_metric
    referencing old table as old_rows for each statement execute function count_unit_metrics()`,
  // The same for first exposures.
  `create function count_exposures() returns trigger language plpgsql as $$
    declare
      own_slot smallint := pg_backend_pid() % 16;
    begin
      if tg_op = 'INSERT' then
        insert into exposure_count as c (run_id, stratum, variant, slot, count)
          select run_id, stratum, variant, own_slot, count(*) from new_rows group by 1, 2, 3 order by 1, 2, 3
          on conflict (run_id, stratum, variant, slot) do update set count = c.count + excluded.count;
      else
        insert into exposure_count as c (run_id, stratum, variant, slot, count)
          select run_id, stratum, variant, own_slot, sum(moved) from (
            select run_id, stratum, variant, 1 as moved from new_rows
            union all
            select run_id, stratum, variant, -1 from old_rows) as t
          group by 1, 2, 3 having sum(moved) <> 0 order by 1, 2, 3
          on conflict (run_id, stratum, variant, slot) do update set count = c.count + excluded.count;
      end if;
      return null;
    end $$`,
  `create trigger exposure_inserted after insert on exposure
    referencing new table as new_rows for each statement execute function count_exposures()`,
  `create trigger exposure_updated after update on exposure
    referencing old table as old_rows new table as new_rows for each statement execute function count_exposures()`,
  // A row that is updated stays on its page; counts and provisional rows are dead soon.
  `alter table unit_metric set (fillfactor = 85)`,
  `alter table metric_count set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
];
