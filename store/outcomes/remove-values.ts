import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

export interface LostValue {
  draw: number;
  unit: string;
  metric: string;
  /** What a unit without a value counts as once its window is closed; null = nothing. */
  silence: { value: number; bin: number } | null;
}

/**
 * Takes back the values of units that have none any more: their outcomes were revised to another time, or the first call turned out to be
 * another. After the window the unit is silent. The caller holds the units' exposures.
 */
export async function removeValues(trx: Store, input: { runId: string; lost: readonly LostValue[] }): Promise<void> {
  const { runId, lost } = input;
  for (const isSilence of [false, true]) {
    const rows = lost.filter(({ silence }) => (silence !== null) === isSilence);
    if (rows.length === 0) continue;
    const keys = sql`unnest(${rows.map(({ draw }) => draw)}::int[], ${rows.map(({ unit }) => unit)}::text[],
      ${rows.map(({ metric }) => metric)}::text[], ${rows.map(({ silence }) => silence?.value ?? 0)}::float8[],
      ${rows.map(({ silence }) => silence?.bin ?? 0)}::smallint[]) as t(draw, unit, metric, value, bin)`;
    const same = sql`m.run_id = ${runId} and m.draw = t.draw and m.unit = t.unit and m.metric = t.metric and not m.silent`;
    if (isSilence) {
      await sql`update unit_metric m set value = t.value, bin = t.bin, silent = true, revision = m.revision + 1
        from ${keys} where ${same} and m.state = 'final'`.execute(trx);
    }
    await sql`delete from unit_metric m using ${keys} where ${same} ${isSilence ? sql`and m.state <> 'final'` : sql``}`.execute(
      trx,
    );
  }
}
