import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

export interface UnitValue {
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
 * Writes values of units. One whose window is closed is final and counted; a changed one moves its count (by the trigger on
 * `unit_metric`, that sees exactly what this statement changed). The caller holds the units' exposures, so that no two write one unit.
 * @param input.values At most one for each (draw, unit, metric).
 */
export async function writeUnitMetrics(
  trx: Store,
  input: { runId: string; values: readonly UnitValue[] },
): Promise<void> {
  const { runId, values } = input;
  if (values.length === 0) return;
  // One order for all writers.
  const rows = [...values].sort((a, b) => compare(a.metric, b.metric) || a.draw - b.draw || compare(a.unit, b.unit));
  await sql`
    insert into unit_metric (run_id, draw, unit, metric, variant, stratum, value, bin, state, closes_at)
    select ${runId}, t.draw, t.unit, t.metric, t.variant, t.stratum, t.value, t.bin,
      case when t.closes_at <= clock_timestamp() then 'final' else 'provisional' end, t.closes_at
    from unnest(${rows.map(({ draw }) => draw)}::int[], ${rows.map(({ unit }) => unit)}::text[],
      ${rows.map(({ metric }) => metric)}::text[], ${rows.map(({ variant }) => variant)}::text[],
      ${rows.map(({ stratum }) => stratum)}::int[], ${rows.map(({ value }) => value)}::float8[],
      ${rows.map(({ bin }) => bin)}::smallint[], ${rows.map(({ closesAt }) => closesAt)}::timestamptz[])
      as t(draw, unit, metric, variant, stratum, value, bin, closes_at)
    on conflict (run_id, draw, unit, metric) do update
      set value = excluded.value, bin = excluded.bin, variant = excluded.variant, stratum = excluded.stratum,
        closes_at = excluded.closes_at, silent = false, revision = unit_metric.revision + 1
      where unit_metric.silent
        or (unit_metric.value, unit_metric.variant, unit_metric.stratum, unit_metric.closes_at)
          is distinct from (excluded.value, excluded.variant, excluded.stratum, excluded.closes_at)`.execute(trx);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
