import { sql } from 'kysely';
import type { Store } from '../open-database.ts';
import { planOfRun } from '../rollouts/plan-of-run.ts';
import { isSampled } from './is-sampled.ts';
import type { PlacedCall } from './record-calls.ts';

/**
 * Keeps the answers that evaluators are to judge: first calls of drawn units, and shadow pairs, of units in the sample of at least one
 * evaluator.
 * @param firsts By unit: the id of its first drawn call.
 */
export async function keepAnswers(
  db: Store,
  placed: readonly PlacedCall[],
  firsts: ReadonlyMap<string, string>,
): Promise<void> {
  const rows: Record<string, unknown>[] = [];
  for (const { call, place, draw } of placed) {
    if (place === null || call.unit === null) continue;
    if (!call.shadow && (draw === null || firsts.get(call.unit) !== call.id)) continue;
    const { unit } = call;
    const { evaluators } = await planOfRun(db, place.runId);
    const wanted = evaluators
      .filter(({ name, sample }) => isSampled({ runId: place.runId, metric: name, unit, sample }))
      .map(({ name }) => name);
    if (wanted.length === 0) continue;
    rows.push({
      runId: place.runId,
      kind: call.shadow ? 'shadow' : 'live',
      draw: call.shadow ? place.stage : draw,
      unit,
      variant: call.variant,
      traceId: call.traceId,
      failed: call.output === undefined,
      input: call.input ?? null,
      output: call.output ?? null,
      controlFailed: call.shadow ? call.controlOutput === undefined : null,
      controlOutput: call.controlOutput ?? null,
      at: call.at,
      wanted,
    });
  }
  if (rows.length === 0) return;
  const given = storable(JSON.stringify(rows));
  await db.transaction().execute(async (trx) => {
    await sql`
      insert into live_answer (run_id, kind, draw, unit, variant, trace_id, failed, input, output, control_failed, control_output, at)
      select distinct on ("runId", kind, draw, unit) *
      from json_to_recordset(${given}::json) as t("runId" text, kind text, draw int, unit text, variant text,
        "traceId" text, failed boolean, input jsonb, output jsonb, "controlFailed" boolean, "controlOutput" jsonb,
        at timestamptz)
      order by "runId", kind, draw, unit, at
      on conflict do nothing`.execute(trx);
    await sql`
      insert into live_judgement (run_id, kind, draw, unit, metric)
      select distinct "runId", kind, draw, unit, metric
      from json_to_recordset(${given}::json) as t("runId" text, kind text, draw int, unit text, wanted text[]), unnest(wanted) as metric
      order by 1, 2, 3, 4, 5
      on conflict do nothing`.execute(trx);
  });
}

/**
 * JSON without what Postgres cannot hold (U+0000, half surrogate pairs): users may say anything, and one of them must not keep
 * the answers of others from being written. `JSON.stringify` always writes these as escapes.
 */
function storable(json: string): string {
  return json.replace(/\\(\\|u0000|ud[89a-f][0-9a-f]{2})/g, (found, what) => (what === '\\' ? found : '\ufffd'));
}
