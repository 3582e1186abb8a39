import { sql } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';
import { planOfRun } from '../rollouts/plan-of-run.ts';
import { attachValues } from './attach-values.ts';
import { countShadows } from './count-shadows.ts';
import { keepAnswers } from './keep-answers.ts';

/** A call that went through the gateway, once it is over. */
export interface FinishedCall {
  /** Of this call alone: the same again is the same call. */
  id: string;
  projectId: string;
  agentId: string;
  /** The rollout that moved the agent's traffic; null without one. */
  runId: string | null;
  /** What the unit was assigned, also when control answered in its place. For a shadow call the one that answered unseen. */
  variant: string;
  /** Of the variant that was assigned. */
  version: number;
  /** Of the split that it was assigned by. */
  revision: number;
  unit: string | null;
  /** Drawn by the hash (`Assignment.randomised`): only such calls count for the metrics of a rollout. */
  randomised: boolean;
  /** A shadow call has the trace id of the call whose answer the user saw. */
  traceId: string;
  shadow: boolean;
  /** Control answered in the place of the variant that was assigned: its `status` is `failed`. */
  fellBack: boolean;
  status: 'succeeded' | 'failed';
  errorClass: string | null;
  /** Of the answer that the user got. */
  latencyMs: number | null;
  firstTokenMs: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
  steps: number | null;
  /** When it began, ms since 1970 or a Date. */
  at: Date;
  /** For online evaluators: kept for sampled units only. Media by reference. */
  input?: Json;
  /** The answer that the user got, of a shadow call the one nobody saw; absent when there was none. */
  output?: Json;
  /** Of a shadow call: the answer that the user saw meanwhile; absent when there was none. */
  controlOutput?: Json;
}

/** Where a revision of an agent's split belongs to. */
export interface RevisionPlace {
  runId: string;
  stage: number;
  /** Of exposures by it; null where nothing is drawn. */
  draw: number | null;
}

/**
 * Records calls of the gateway. Of drawn units the first call gives the built-in metrics, final at once; of shadow pairs the first of each
 * unit and stage is counted by the difference of the bins; answers that an evaluator is to judge are kept. First is by `at`,
 * whatever comes in first. Safe to repeat.
 *
 * A shadow call comes in the same batch as the call that it stood beside, or in a later one.
 */
export async function recordCalls(db: Store, calls: readonly FinishedCall[]): Promise<void> {
  for (const [agentId, ofAgent] of Map.groupBy(calls, ({ agentId }) => agentId)) {
    const places = await placesOf(db, { agentId, calls: ofAgent });
    const placed = ofAgent.map((call) => {
      const place = places.get(call.revision);
      const isOfRun = place !== undefined && place.runId === call.runId;
      return { call, place: isOfRun ? place : null, draw: isOfRun && isDrawn(call) ? place.draw : null };
    });
    await insertCalls(db, placed);
    const units = placed.flatMap(({ call, draw }) => (draw === null || call.unit === null ? [] : [call.unit]));
    const firsts = await findFirsts(db, placed);
    await attachValues(db, { agentId, units: units.filter((unit) => firsts.has(unit)), from: 'calls' });
    await countShadows(db, placed);
    await keepAnswers(db, placed, firsts);
  }
}

export interface PlacedCall {
  call: FinishedCall;
  place: RevisionPlace | null;
  /** Of its exposure; null where it is no call of a drawn unit. */
  draw: number | null;
}

function isDrawn({ randomised, shadow, unit }: FinishedCall): boolean {
  return randomised && !shadow && unit !== null;
}

async function placesOf(
  db: Store,
  input: { agentId: string; calls: readonly FinishedCall[] },
): Promise<Map<number, RevisionPlace>> {
  const revisions = new Set(input.calls.filter(({ runId }) => runId !== null).map(({ revision }) => revision));
  if (revisions.size === 0) return new Map();
  const rows = await db
    .selectFrom('traffic_revision')
    .select(['revision', 'run_id', 'stage', 'stratum'])
    .where('agent_id', '=', input.agentId)
    .where('revision', 'in', [...revisions])
    .execute();
  const places = new Map<number, RevisionPlace>();
  for (const { revision, run_id, stage, stratum } of rows) {
    if (run_id === null || stage === null) continue;
    const isAnew = (await planOfRun(db, run_id)).rerandomize === 'each_stage';
    places.set(revision, { runId: run_id, stage, draw: stratum === null ? null : isAnew ? stage : 0 });
  }
  return places;
}

async function insertCalls(db: Store, placed: readonly PlacedCall[]): Promise<void> {
  const rows = placed.map(({ call: { input: _input, output: _output, controlOutput: _control, ...call }, draw }) => ({
    ...call,
    draw,
  }));
  await sql`
    insert into agent_call (id, project_id, agent_id, run_id, variant, version, revision, unit, trace_id, shadow, fell_back, status,
      error_class, latency_ms, first_token_ms, input_tokens, output_tokens, cost_usd, steps, at, draw)
    select * from json_to_recordset(${JSON.stringify(rows)}::json) as t(id text, "projectId" text, "agentId" text, "runId" text,
      variant text, version int, revision bigint, unit text, "traceId" text, shadow boolean, "fellBack" boolean, status text,
      "errorClass" text, "latencyMs" float8, "firstTokenMs" float8, "inputTokens" float8, "outputTokens" float8,
      "costUsd" float8, steps float8, at timestamptz, draw int)
    on conflict (id) do nothing`.execute(db);
}

/** The units of which one of these calls is the first drawn one. By unit: the id of that call. */
async function findFirsts(db: Store, placed: readonly PlacedCall[]): Promise<Map<string, string>> {
  const drawn = placed.filter(({ draw }) => draw !== null);
  if (drawn.length === 0) return new Map();
  const { rows } = await sql<{ unit: string; id: string }>`
    select t.unit, t.id from
      unnest(${drawn.map(({ call }) => call.id)}::text[], ${drawn.map(({ call }) => call.runId)}::text[],
        ${drawn.map(({ draw }) => draw)}::int[], ${drawn.map(({ call }) => call.unit)}::text[]) as t(id, run_id, draw, unit)
    cross join lateral (
      select id from agent_call where run_id = t.run_id and draw = t.draw and unit = t.unit order by at, id limit 1) as first
    where first.id = t.id`.execute(db);
  return new Map(rows.map(({ unit, id }) => [unit, id]));
}
