import { sql } from 'kysely';
import { foldValues } from '../../schema/contracts/fold-values.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import { binOf } from '../../schema/contracts/scale-value.ts';
import type { Store } from '../open-database.ts';
import { type UnitValue, writeUnitMetrics } from './write-unit-metrics.ts';

/**
 * Makes values of units from their outcomes, for the rollouts that go on: of each metric those outcomes that happened between the unit's
 * first exposure and the close of the attribution window. Safe to repeat: what is there already stays, what changed moves.
 */
export async function attachOutcomes(trx: Store, input: { agentId: string; units: readonly string[] }): Promise<void> {
  const { agentId } = input;
  const units = [...new Set(input.units)];
  const runs = await trx
    .selectFrom('rollout_state as s')
    .innerJoin('run as r', 'r.id', 's.run_id')
    .select(['r.id', 'r.plan'])
    .where('s.agent_id', '=', agentId)
    .where('s.phase', '<>', 'ended')
    .execute();
  for (const run of runs) {
    const plan = run.plan as unknown as RolloutPlan;
    const metrics = new Map(plan.metrics.map((metric) => [metric.name, metric]));
    // Locks first, then reads: of two that attach to one unit the second sees what the first wrote.
    const exposures = await trx
      .selectFrom('exposure')
      .select(['draw', 'unit', 'variant', 'stratum', 'at'])
      .where('run_id', '=', run.id)
      .where('unit', '=', sql<string>`any(${units}::text[])`)
      .orderBy('draw')
      .orderBy('unit')
      .forUpdate()
      .execute();
    if (exposures.length === 0) continue;
    const outcomes = await trx
      .selectFrom('outcome')
      .select(['unit', 'metric', 'value', 'at', 'identifier'])
      .where('agent_id', '=', agentId)
      .where('unit', '=', sql<string>`any(${exposures.map(({ unit }) => unit)}::text[])`)
      .orderBy('at')
      .orderBy('identifier')
      .execute();
    const ofUnit = new Map<string, Map<string, typeof outcomes>>();
    for (const outcome of outcomes) {
      const byMetric = ofUnit.get(outcome.unit) ?? new Map();
      ofUnit.set(outcome.unit, byMetric);
      const list = byMetric.get(outcome.metric) ?? [];
      byMetric.set(outcome.metric, list);
      list.push(outcome);
    }
    const values: UnitValue[] = [];
    for (const { draw, unit, variant, stratum, at } of exposures) {
      for (const [name, list] of ofUnit.get(unit) ?? []) {
        const metric = metrics.get(name);
        if (!metric) continue;
        const opens = at.getTime();
        // A built-in metric that a client reports is of the unit's first call: a window of nothing would hold none.
        const closes = opens + Math.max(metric.attributionWindowMs, metric.source === 'builtin' ? 60_000 : 1);
        const inside = list.filter((one) => one.at.getTime() >= opens && one.at.getTime() <= closes);
        if (inside.length === 0) continue;
        const value = foldValues(
          inside.map((one) => one.value),
          metric.perUnit,
        );
        const closesAt = new Date(opens + metric.attributionWindowMs);
        values.push({
          runId: run.id,
          draw,
          unit,
          metric: name,
          variant,
          stratum,
          value,
          bin: binOf(metric, value),
          closesAt,
        });
      }
    }
    await writeUnitMetrics(trx, values, { keepFirst: false });
  }
}
