import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

export interface UnitValue {
  runId: string;
  draw: number;
  unit: string;
  metric: string;
  variant: string;
  stratum: number;
  /** Own unit of the metric. */
  value: number;
  /** `binOf` of the value. */
  bin: number;
  /** When the value becomes final. */
  closesAt: Date;
}

/**
 * Writes the values of units and keeps the counts in step, in one statement: a value that is final already, or becomes so now, is
 * counted by its bin; a changed one moves its count. The caller holds the units' exposures, so that no two write one unit.
 * @param rows At most one for each (run, draw, unit, metric).
 * @param options.keepFirst A value that is there stays: built-in metrics are those of the unit's first call.
 */
export async function writeUnitMetrics(
  trx: Store,
  rows: readonly UnitValue[],
  options: { keepFirst: boolean; asOf?: Date },
): Promise<void> {
  if (rows.length === 0) return;
  const asOf = options.asOf === undefined ? sql`clock_timestamp()` : sql`${options.asOf}::timestamptz`;
  const onConflict = options.keepFirst
    ? sql`do nothing`
    : sql`do update set value = excluded.value, bin = excluded.bin, silent = false, revision = unit_metric.revision + 1
        where unit_metric.value is distinct from excluded.value or unit_metric.silent`;
  await sql`
    with input as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as t(
        "runId" text, draw int, unit text, metric text, variant text, stratum int, value float8, bin smallint,
        "closesAt" timestamptz)
    ), before as materialized (
      select m.run_id, m.draw, m.unit, m.metric, m.bin, m.state
      from input i join unit_metric m
        on m.run_id = i."runId" and m.draw = i.draw and m.unit = i.unit and m.metric = i.metric
    ), written as (
      insert into unit_metric (run_id, draw, unit, metric, variant, stratum, value, bin, state, closes_at)
      select "runId", draw, unit, metric, variant, stratum, value, bin,
        case when "closesAt" <= ${asOf} then 'final' else 'provisional' end, "closesAt"
      from input
      on conflict (run_id, draw, unit, metric) ${onConflict}
      returning run_id, draw, unit, metric, variant, stratum, bin, state
    ), moves as (
      select w.run_id, w.stratum, w.variant, w.metric, w.bin, w.unit, 1 as count from written w where w.state = 'final'
      union all
      select w.run_id, w.stratum, w.variant, w.metric, b.bin, w.unit, -1
      from written w join before b using (run_id, draw, unit, metric) where b.state = 'final'
    ), counted as (
      insert into metric_count as c (run_id, stratum, variant, metric, bin, slot, count)
      select run_id, stratum, variant, metric, bin, abs(hashtext(unit)) % 16, sum(count)
      from moves group by 1, 2, 3, 4, 5, 6 having sum(count) <> 0 order by 1, 2, 3, 4, 5, 6
      on conflict (run_id, stratum, variant, metric, bin, slot) do update set count = c.count + excluded.count
    )
    insert into metric_freshness as f (run_id, metric, last_value_at)
    select distinct "runId", metric, now() from input order by 1, 2
    on conflict (run_id, metric) do update set last_value_at = excluded.last_value_at
    where f.last_value_at < excluded.last_value_at - interval '10 seconds'`.execute(trx);
}
