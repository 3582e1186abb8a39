import { sql } from 'kysely';
import { binOf } from '../../schema/contracts/scale-value.ts';
import type { BuiltinMetric } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';
import { planOfRun } from '../rollouts/plan-of-run.ts';
import { untilNotDeadlocked } from '../until-not-deadlocked.ts';
import { noteValues } from './note-values.ts';
import type { FinishedCall, PlacedCall } from './record-calls.ts';
import { type MeasuredCall, valuesOfCall } from './values-of-call.ts';

/**
 * Counts pairs of a shadow stage by the difference of their bins, candidate - control: of each unit and stage the first, so that one unit
 * with many calls weighs no more than others. A call without a unit is one of its own.
 */
export async function countShadows(db: Store, placed: readonly PlacedCall[]): Promise<void> {
  const shadows = placed.filter(({ call, place }) => call.shadow && place !== null);
  for (const [runId, ofRun] of Map.groupBy(shadows, ({ place }) => place?.runId as string)) {
    const { metrics } = await planOfRun(db, runId);
    const builtin = metrics.filter(({ source }) => source === 'builtin');
    if (builtin.length === 0) continue;
    const controls = await findControls(
      db,
      ofRun.map(({ call }) => call),
    );
    const pairs = new Map<
      string,
      { stage: number; unit: string; variant: string; differences: Record<string, number> }
    >();
    for (const { call, place } of ofRun) {
      const control = controls.get(call.id);
      const unit = call.unit ?? call.traceId;
      const stage = place?.stage as number;
      if (!control || pairs.has(`${stage} ${unit}`)) continue;
      const [ofCandidate, ofControl] = [valuesOfCall(call), valuesOfCall(control)];
      const differences: Record<string, number> = {};
      for (const metric of builtin) {
        const [one, other] = [ofCandidate[metric.name as BuiltinMetric], ofControl[metric.name as BuiltinMetric]];
        if (one !== null && other !== null) differences[metric.name] = binOf(metric, one) - binOf(metric, other);
      }
      pairs.set(`${stage} ${unit}`, { stage, unit, variant: call.variant, differences });
    }
    await untilNotDeadlocked(() =>
      db.transaction().execute(async (trx) => {
        const keys = [...pairs.keys()].sort();
        const list = keys.map((key) => pairs.get(key) as NonNullable<ReturnType<typeof pairs.get>>);
        const { rows } = await sql<{ stage: number; unit: string }>`
          insert into shadow_unit (run_id, stage, unit)
          select ${runId}, * from unnest(${list.map(({ stage }) => stage)}::int[], ${list.map(({ unit }) => unit)}::text[])
          on conflict do nothing returning stage, unit`.execute(trx);
        await addPairs(
          trx,
          runId,
          rows.flatMap(({ stage, unit }) => {
            const pair = pairs.get(`${stage} ${unit}`);
            return Object.entries(pair?.differences ?? {}).map(([metric, difference]) => ({
              stage,
              variant: pair?.variant as string,
              metric,
              difference,
            }));
          }),
        );
      }),
    );
    await noteValues(db, { runId, metrics: builtin.map(({ name }) => name) });
  }
}

/** Adds pairs to the counts of a shadow stage. */
export async function addPairs(
  trx: Store,
  runId: string,
  pairs: readonly { stage: number; variant: string; metric: string; difference: number }[],
): Promise<void> {
  if (pairs.length === 0) return;
  await sql`
    insert into shadow_count as c (run_id, stage, variant, metric, difference, slot, count)
    select ${runId}, t.stage, t.variant, t.metric, t.difference, pg_backend_pid() % 16, count(*)
    from unnest(${pairs.map(({ stage }) => stage)}::int[], ${pairs.map(({ variant }) => variant)}::text[],
      ${pairs.map(({ metric }) => metric)}::text[], ${pairs.map(({ difference }) => difference)}::smallint[])
      as t(stage, variant, metric, difference)
    group by 2, 3, 4, 5 order by 2, 3, 4, 5
    on conflict (run_id, stage, variant, metric, difference, slot) do update set count = c.count + excluded.count`.execute(
    trx,
  );
}

/**
 * The calls that users saw, by the id of the shadow call beside them. A trace may hold many calls, of several agents, even of other
 * projects: the id of a shadow call tells its own; else the unit's first call by the same revision.
 */
async function findControls(db: Store, shadows: readonly FinishedCall[]): Promise<Map<string, MeasuredCall>> {
  const { rows } = await sql<MeasuredCall & { shadowId: string }>`
    select t.id as "shadowId", c.* from
      unnest(${shadows.map(({ id }) => id)}::text[], ${shadows.map(({ traceId }) => traceId)}::text[],
        ${shadows.map(({ agentId }) => agentId)}::text[], ${shadows.map(({ revision }) => revision)}::bigint[],
        ${shadows.map(({ unit }) => unit)}::text[]) as t(id, trace_id, agent_id, revision, unit)
    cross join lateral (
      select status, fell_back as "fellBack", latency_ms as "latencyMs", input_tokens as "inputTokens",
        output_tokens as "outputTokens", cost_usd as "costUsd", steps
      from agent_call as k
      where k.trace_id = t.trace_id and k.agent_id = t.agent_id and k.revision = t.revision
        and k.unit is not distinct from t.unit and not k.shadow
      order by (k.id || '-shadow' = t.id) desc, k.at, k.id limit 1) as c`.execute(db);
  return new Map(rows.map((row) => [row.shadowId, row]));
}
