import { sql } from 'kysely';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import type { Store } from '../open-database.ts';
import type { UnitValue } from './write-unit-metrics.ts';

/** Something that must not happen, as it was seen. It counts once a second judgement or a person confirmed it. */
export interface ZeroToleranceEvent {
  draw: number;
  unit: string;
  metric: string;
  variant: string;
  value: number | null;
  seenAt: string;
  /** `second judgement`, or who. */
  confirmedBy: string | null;
  refutedBy: string | null;
  reason: string | null;
}

/**
 * Notes bad values of metrics with zero tolerance. An event that nobody decided and whose value turned good is refuted by that.
 * The caller holds the units' exposures.
 */
export async function noteEvents(
  trx: Store,
  input: { runId: string; metrics: readonly RolloutPlanMetric[]; values: readonly UnitValue[] },
): Promise<void> {
  const { runId } = input;
  const strict = new Set(input.metrics.filter(({ zeroTolerance }) => zeroTolerance !== null).map(({ name }) => name));
  if (strict.size === 0) return;
  for (const { draw, unit, metric, variant, value, bin } of input.values) {
    if (!strict.has(metric)) continue;
    if (bin < 50) {
      await sql`
        insert into zero_tolerance_event as e (run_id, draw, unit, metric, variant, value, seen_at)
        values (${runId}, ${draw}, ${unit}, ${metric}, ${variant}, ${value}, clock_timestamp())
        on conflict (run_id, draw, unit, metric) do update set variant = excluded.variant, value = excluded.value,
          refuted_by = case when e.refuted_by = 'a later value' then null else e.refuted_by end`.execute(trx);
    } else {
      await trx
        .updateTable('zero_tolerance_event')
        .set({ refuted_by: 'a later value' })
        .where('run_id', '=', runId)
        .where('draw', '=', draw)
        .where('unit', '=', unit)
        .where('metric', '=', metric)
        .where('confirmed_by', 'is', null)
        .where('refuted_by', 'is', null)
        .execute();
    }
  }
}

/** The events of a rollout, the newest first. */
export async function listEvents(db: Store, runId: string): Promise<ZeroToleranceEvent[]> {
  const rows = await db
    .selectFrom('zero_tolerance_event')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('seen_at', 'desc')
    .limit(1_000)
    .execute();
  return rows.map((row) => ({
    draw: row.draw,
    unit: row.unit,
    metric: row.metric,
    variant: row.variant,
    value: row.value,
    seenAt: row.seen_at.toISOString(),
    confirmedBy: row.confirmed_by,
    refutedBy: row.refuted_by,
    reason: row.reason,
  }));
}

/** Says of an event whether it was one. @returns how many there are (one for each draw), and how many changed */
export async function decideEvent(
  trx: Store,
  input: {
    runId: string;
    unit: string;
    metric: string;
    draw?: number;
    confirm: boolean;
    by: string;
    reason: string | null;
    /** A judgement does not overrule a person. */
    onlyOpen: boolean;
  },
): Promise<{ found: number; changed: number }> {
  const { runId, unit, metric, draw, confirm, by, reason, onlyOpen } = input;
  const events = await trx
    .selectFrom('zero_tolerance_event')
    .select(['draw', 'confirmed_by', 'refuted_by'])
    .where('run_id', '=', runId)
    .where('unit', '=', unit)
    .where('metric', '=', metric)
    .$if(draw !== undefined, (query) => query.where('draw', '=', draw as number))
    .forUpdate()
    .execute();
  const open = events.filter(({ confirmed_by, refuted_by }) =>
    onlyOpen ? confirmed_by === null && refuted_by === null : confirm ? confirmed_by === null : refuted_by === null,
  );
  for (const event of open) {
    await trx
      .updateTable('zero_tolerance_event')
      .set({ confirmed_by: confirm ? by : null, refuted_by: confirm ? null : by, reason })
      .where('run_id', '=', runId)
      .where('draw', '=', event.draw)
      .where('unit', '=', unit)
      .where('metric', '=', metric)
      .execute();
  }
  return { found: events.length, changed: open.length };
}

/** True while nobody decided about the event. */
export async function isOpenEvent(
  db: Store,
  input: { runId: string; draw: number; unit: string; metric: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('zero_tolerance_event')
    .select('unit')
    .where('run_id', '=', input.runId)
    .where('draw', '=', input.draw)
    .where('unit', '=', input.unit)
    .where('metric', '=', input.metric)
    .where('confirmed_by', 'is', null)
    .where('refuted_by', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}
