import { sql } from 'kysely';
import { foldValues } from '../../schema/contracts/fold-values.ts';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { binOf } from '../../schema/contracts/scale-value.ts';
import { type BuiltinMetric, builtinMetrics } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';
import { planOfRun } from '../rollouts/plan-of-run.ts';
import { untilNotDeadlocked } from '../until-not-deadlocked.ts';
import { noteValues } from './note-values.ts';
import { type LostValue, removeValues } from './remove-values.ts';
import { type MeasuredCall, valuesOfCall } from './values-of-call.ts';
import { type UnitValue, writeUnitMetrics } from './write-unit-metrics.ts';
import { noteEvents } from './zero-tolerance-events.ts';

/** A built-in metric that a client reports is of the unit's first call: a window of nothing would hold none. */
const builtinGraceMs = 60_000;

/**
 * Makes values of units for the rollout that goes on: from their outcomes those that happened between the unit's first exposure and the
 * close of the attribution window, from its first drawn call the built-in metrics. Safe to repeat: what is there already stays, what
 * changed moves.
 *
 * Outcomes, calls and exposures are committed before this is called: of two that happen at the same moment the one that
 * attaches later sees both, whichever that is.
 */
export async function attachValues(
  db: Store,
  input: { agentId: string; units: readonly string[]; from: 'outcomes' | 'calls' | 'both' },
): Promise<void> {
  const { agentId, from } = input;
  const units = [...new Set(input.units)];
  if (units.length === 0) return;
  const moving = await db
    .selectFrom('rollout_state')
    .select('run_id')
    .where('agent_id', '=', agentId)
    .where('phase', '<>', 'ended')
    .executeTakeFirst();
  if (!moving) return;
  const runId = moving.run_id;
  const { metrics } = await planOfRun(db, runId);
  await untilNotDeadlocked(() =>
    db.transaction().execute(async (trx) => {
      // Locks first, then reads: of two that attach to one unit the second sees what the first wrote.
      const exposures = await lockExposures(trx, { runId, units });
      if (exposures.length === 0) return;
      const some = exposures.map(({ unit }) => unit);
      const reported = from === 'calls' ? [] : await loadOutcomes(trx, { agentId, units: some, metrics });
      const asksForCalls = from !== 'outcomes' || reported.some(({ metric }) => metric in builtinMetrics);
      const calls = asksForCalls ? await loadFirstCalls(trx, { runId, exposures }) : [];
      const { values, lost } = valuesOf(metrics, { exposures, reported, calls });
      await removeValues(trx, { runId, lost });
      await writeUnitMetrics(trx, { runId, values });
      await noteEvents(trx, { runId, metrics, values });
      await noteValues(trx, { runId, metrics: values.map(({ metric }) => metric) });
    }),
  );
}

interface Exposed {
  draw: number;
  unit: string;
  variant: string;
  stratum: number;
  at: Date;
}

async function lockExposures(trx: Store, input: { runId: string; units: readonly string[] }): Promise<Exposed[]> {
  return trx
    .selectFrom('exposure')
    .select(['draw', 'unit', 'variant', 'stratum', 'at'])
    .where('run_id', '=', input.runId)
    .where('unit', '=', sql<string>`any(${input.units}::text[])`)
    .orderBy('draw')
    .orderBy('unit')
    .forUpdate()
    .execute();
}

interface Reported {
  unit: string;
  metric: string;
  value: number;
  at: Date;
}

async function loadOutcomes(
  trx: Store,
  input: { agentId: string; units: readonly string[]; metrics: readonly RolloutPlanMetric[] },
): Promise<Reported[]> {
  // What a judge says nobody else can say.
  const names = input.metrics.filter(({ source }) => source !== 'evaluator').map(({ name }) => name);
  const { rows } = await sql<Reported>`
    select o.unit, o.metric, o.value, o.at from outcome o
    where o.agent_id = ${input.agentId} and o.unit = any(${input.units}::text[]) and o.metric = any(${names}::text[])
    order by o.at, o.identifier`.execute(trx);
  return rows;
}

async function loadFirstCalls(
  trx: Store,
  input: { runId: string; exposures: readonly Exposed[] },
): Promise<({ draw: number; unit: string } & MeasuredCall)[]> {
  const { rows } = await sql<{ draw: number; unit: string } & MeasuredCall>`
    select t.draw, t.unit, c.* from
      unnest(${input.exposures.map(({ draw }) => draw)}::int[], ${input.exposures.map(({ unit }) => unit)}::text[]) as t(draw, unit)
    cross join lateral (
      select status, fell_back as "fellBack", latency_ms as "latencyMs", input_tokens as "inputTokens",
        output_tokens as "outputTokens", cost_usd as "costUsd", steps
      from agent_call where run_id = ${input.runId} and draw = t.draw and unit = t.unit
      order by at, id limit 1) as c`.execute(trx);
  return rows;
}

/** Pure: what the units' metrics are now, and which of them have none although something came. */
function valuesOf(
  metrics: readonly RolloutPlanMetric[],
  given: {
    exposures: readonly Exposed[];
    reported: readonly Reported[];
    calls: readonly ({ draw: number; unit: string } & MeasuredCall)[];
  },
): { values: UnitValue[]; lost: LostValue[] } {
  const reported = new Map<string, Map<string, Reported[]>>();
  for (const one of given.reported) {
    const ofUnit = reported.get(one.unit) ?? new Map<string, Reported[]>();
    reported.set(one.unit, ofUnit);
    const list = ofUnit.get(one.metric);
    if (list) list.push(one);
    else ofUnit.set(one.metric, [one]);
  }
  const calls = new Map(given.calls.map((call) => [`${call.draw} ${call.unit}`, valuesOfCall(call)]));
  const values: UnitValue[] = [];
  const lost: LostValue[] = [];
  for (const { draw, unit, variant, stratum, at } of given.exposures) {
    const ofUnit = reported.get(unit);
    const ofCall = calls.get(`${draw} ${unit}`);
    if (!ofUnit && !ofCall) continue;
    for (const metric of metrics) {
      const measured = metric.source === 'builtin' ? ofCall?.[metric.name as BuiltinMetric] : undefined;
      const list = ofUnit?.get(metric.name);
      const value = measured ?? (list && inWindow(metric, at, list));
      if (value !== undefined) {
        const closesAt = new Date(at.getTime() + metric.attributionWindowMs);
        values.push({ draw, unit, metric: metric.name, variant, stratum, value, bin: binOf(metric, value), closesAt });
      } else if (list || (measured === null && metric.name === 'latencyMs')) {
        const { silence } = metric;
        lost.push({
          draw,
          unit,
          metric: metric.name,
          silence: silence === null ? null : { value: silence, bin: binOf(metric, silence) },
        });
      }
    }
  }
  return { values, lost };
}

/** The one value of what happened in the window; undefined when nothing did. */
function inWindow(metric: RolloutPlanMetric, exposedAt: Date, list: readonly Reported[]): number | undefined {
  const opens = exposedAt.getTime();
  const closes = opens + Math.max(metric.attributionWindowMs, metric.source === 'builtin' ? builtinGraceMs : 0);
  const inside = list.filter((one) => one.at.getTime() >= opens && one.at.getTime() <= closes);
  if (inside.length === 0) return undefined;
  return foldValues(
    inside.map((one) => one.value),
    metric.perUnit,
  );
}
