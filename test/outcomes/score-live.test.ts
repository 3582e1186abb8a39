import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scoreLive } from '../../activities/rollouts/score-live.ts';
import { newId } from '../../schema/ids.ts';
import { ensureEvaluatorVersion } from '../../store/evaluators/ensure-evaluator-version.ts';
import { type FinishedCall, recordCalls } from '../../store/outcomes/record-calls.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { type TestDatabase, useTestDatabase } from '../support/test-database.ts';
import { insertMovingRollout, planMetric } from './moving-rollout.ts';

let database: TestDatabase;
let dependencies: ReturnType<typeof activityDependencies>;
let url: string;
/** A judge that costs half a dollar, and says how long an answer is. */
const server = createServer(async (request, response) => {
  const { output } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { output: string };
  const answer = JSON.stringify({ score: output.length / 10, usage: { costUsd: 0.5 } });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
});

beforeAll(async () => {
  database = await useTestDatabase();
  dependencies = activityDependencies(database);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  await dependencies.close();
  server.closeAllConnections();
  server.close();
});

const judge = (runId: string) =>
  new MockActivityEnvironment()
    .run(() => scoreLive(dependencies, { runId }))
    .then(
      () => 'over',
      (error) => (error as { type?: string }).type ?? String(error),
    );

const place = async (budget: { maxCostUsd: number } | null) => {
  const [runId, agentId] = [newId('run'), newId('agt')];
  const projectId = 'prj_default';
  const { versionId } = await ensureEvaluatorVersion(database.db, {
    projectId,
    config: { type: 'http', name: 'dear', url, kind: 'score' },
  });
  await insertMovingRollout(database.db, {
    runId,
    agentId,
    projectId,
    metrics: [planMetric({ name: 'dear', source: 'evaluator', kind: 'score', attributionWindowMs: 0 })],
    evaluators: [{ name: 'dear', versionId, version: 1, sample: 1 }],
    budget,
    revisions: [
      { revision: 1, stage: 0, stratum: null },
      { revision: 2, stage: 1, stratum: 0 },
    ],
  });
  const call = (unit: string, more: Partial<FinishedCall>): FinishedCall => ({
    id: newId('run'),
    projectId,
    agentId,
    runId,
    variant: 'candidate',
    version: 2,
    revision: 1,
    unit,
    randomised: false,
    traceId: `trace-${runId}-${unit}`,
    shadow: false,
    fellBack: false,
    status: 'succeeded',
    errorClass: null,
    latencyMs: 1,
    firstTokenMs: null,
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
    steps: null,
    at: new Date(),
    input: 'q',
    ...more,
  });
  return { runId, agentId, call };
};

test('pairs of a shadow stage are judged on both sides, and counted by their difference', async () => {
  const { runId, call } = await place(null);
  await recordCalls(database.db, [
    call('a', { variant: 'control', version: 1, output: '12345678' }),
    call('a', { shadow: true, output: '123', controlOutput: '12345678' }),
    call('b', { variant: 'control', version: 1, output: '12345' }),
    call('b', { shadow: true, status: 'failed', controlOutput: '12345' }),
  ]);
  expect(await judge(runId)).toBe('nothing_to_judge');
  const rows = await database.db
    .selectFrom('shadow_count')
    .select((eb) => ['stage', 'metric', 'difference', eb.fn.sum<number>('count').as('count')])
    .where('run_id', '=', runId)
    .groupBy(['stage', 'metric', 'difference'])
    .execute();
  expect(rows.map(({ count, ...row }) => ({ ...row, count: Number(count) }))).toEqual([
    { stage: 0, metric: 'dear', difference: -50, count: 2 },
  ]);
});

test('judges stop at the budget of the rollout: what is left waits, and nothing is judged twice', async () => {
  const { runId, agentId, call } = await place({ maxCostUsd: 2 });
  const units = Array.from({ length: 30 }, (_, index) => `unit-${index}`);
  const at = new Date();
  await insertExposures(database.db, {
    agentId,
    exposures: units.map((unit) => ({ unit, variant: 'candidate', revision: 2, at })),
  });
  await recordCalls(
    database.db,
    units.map((unit) => call(unit, { revision: 2, randomised: true, output: '12345', at })),
  );
  expect(await judge(runId)).toBe('nothing_to_judge');
  expect(await judge(runId)).toBe('nothing_to_judge');
  const values = await database.db.selectFrom('unit_metric').select('value').where('run_id', '=', runId).execute();
  // Four fit; four lanes may each have one more in flight.
  expect(values.length).toBeGreaterThanOrEqual(4);
  expect(values.length).toBeLessThanOrEqual(7);
  const { judged_cost_usd: spent } = await database.db
    .selectFrom('rollout_state')
    .select('judged_cost_usd')
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  expect(spent).toBe(values.length * 0.5);
});

test('a rollout without evaluators, or one that is over, needs no judging', async () => {
  const { runId } = await place(null);
  await database.db.updateTable('run').set({ status: 'aborted' }).where('id', '=', runId).execute();
  expect(await judge(runId)).toBe('over');
});
