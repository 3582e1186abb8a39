import { beforeAll, expect, test } from 'vitest';
import type { OutcomesAnswer } from '../../schema/contracts/traffic.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { callDataPlane } from '../data-plane/call-data-plane.ts';
import { type TestStack, useTestStack } from '../support/test-stack.ts';
import { endRollout, insertMovingRollout, planMetric, wrongCounts } from './moving-rollout.ts';

let stack: TestStack;
let agentId: string;
const minute = 60_000;

beforeAll(async () => {
  stack = await useTestStack({ workers: 0 });
  await stack.sluice.agents.push.mutate({ agent: 'support-bot', config: { adapter: 'function', function: 'solve' } });
  agentId = (await stack.db.selectFrom('agent').select('id').executeTakeFirstOrThrow()).id;
});

let revision = 0;
const begin = async (more: Parameters<typeof planMetric>[0] = {}) => {
  const runId = `run_api_${revision}`;
  revision += 1;
  await insertMovingRollout(stack.db, {
    runId,
    agentId,
    metrics: [planMetric(more), planMetric({ name: 'thumbs', source: 'feedback' })],
    revisions: [{ revision, stage: 0, stratum: 0 }],
  });
  return runId;
};
const expose = (unit: string, at = new Date()) =>
  insertExposures(stack.db, { agentId, exposures: [{ unit, variant: 'candidate', revision, at }] });
const post = async (outcomes: unknown[], path = '/v1/outcomes') => {
  const { status, json } = await callDataPlane(stack, path, { outcomes });
  expect({ status, json }).toMatchObject({ status: 200 });
  return json as OutcomesAnswer;
};
const outcome = (more: object) => ({
  agent: 'support-bot',
  unit: 'one',
  metric: 'resolved',
  value: true,
  identifier: 'first',
  ...more,
});
const values = (runId: string) =>
  stack.db
    .selectFrom('unit_metric')
    .select(['unit', 'metric', 'value', 'variant', 'revision'])
    .where('run_id', '=', runId)
    .orderBy('unit')
    .orderBy('metric')
    .execute();

test('one bad outcome is rejected with its place and reason, the others are stored', async () => {
  const answer = await post([
    outcome({ unit: 'good' }),
    outcome({ agent: 'nobody' }),
    outcome({ value: 'high' }),
    outcome({ unit: 'x\u0000y' }),
    outcome({ at: Date.now() + 6 * minute }),
    outcome({ metrik: 'resolved' }),
    outcome({ unit: 'good-too', metric: 'of_no_rollout', value: 3.5 }),
    outcome({ revision: 2 ** 31 }),
    7,
  ]);
  expect(answer).toMatchObject({ accepted: 2, duplicates: 0 });
  expect(answer.rejected.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 7, 8]);
  const reasons = answer.rejected.map(({ reason }) => reason);
  expect(reasons[0]).toContain('there is no agent "nobody"');
  expect(reasons[1]).toMatch(/^value: expected .*high/);
  expect(reasons[2]).toContain('NUL');
  expect(reasons[3]).toMatch(/^at: .* more than 5 minutes ahead/);
  expect(reasons[4]).toContain('metrik: unknown key; did you mean "metric"');
});

test('fifty deliveries of one outcome at once are one, and another value of the same revision is a conflict in words', async () => {
  const runId = await begin();
  await expose('fifty');
  const answers = await Promise.all(Array.from({ length: 50 }, () => post([outcome({ unit: 'fifty' })])));
  expect(answers.map(({ accepted }) => accepted).reduce((a, b) => a + b)).toBe(1);
  expect(answers.map(({ duplicates }) => duplicates).reduce((a, b) => a + b)).toBe(49);
  expect(await values(runId)).toMatchObject([{ unit: 'fifty', value: 1, variant: 'candidate' }]);

  const rivals = await Promise.all([0, 1, 2, 3].map((value) => post([outcome({ unit: 'rivals', value })])));
  expect(rivals.map(({ accepted }) => accepted).reduce((a, b) => a + b)).toBe(1);
  const conflicts = rivals.flatMap(({ rejected }) => rejected);
  expect(conflicts).toHaveLength(3);
  for (const { reason } of conflicts) {
    expect(reason).toMatch(/^conflict: revision 0 of resolved "first" of rivals is \d already, found \d/);
  }
  expect(await wrongCounts(stack.db)).toEqual([]);
  await endRollout(stack.db, runId);
});

test('a higher revision replaces, also hours later and without a time; a lower one that comes late changes nothing', async () => {
  const runId = await begin({ attributionWindowMs: 1_000 });
  await expose('revised', new Date(Date.now() - 500));
  await post([outcome({ unit: 'revised', at: Date.now() - 400 })]);
  await expose('other');
  await stack.db
    .updateTable('exposure')
    .set({ at: new Date(Date.now() - 3_600_000) })
    .where('unit', '=', 'other')
    .execute();
  await post([outcome({ unit: 'other', at: Date.now() - 3_599_500 })]);
  expect((await values(runId)).map(({ value }) => value)).toEqual([1, 1]);
  expect(await post([outcome({ unit: 'other', value: 0, revision: 2 })])).toMatchObject({ accepted: 1 });
  expect(await post([outcome({ unit: 'other', value: 1, revision: 1 })])).toMatchObject({ accepted: 0, duplicates: 1 });
  expect((await values(runId)).find(({ unit }) => unit === 'other')).toMatchObject({ value: 0 });
  expect(await wrongCounts(stack.db)).toEqual([]);
  await endRollout(stack.db, runId);
});

test('two rollouts of one agent do not mix, and what comes after a rollout ended changes nothing of it', async () => {
  const first = await begin();
  await expose('both');
  await post([outcome({ unit: 'both', identifier: 'a', value: 0 })]);
  await endRollout(stack.db, first);
  const second = await begin();
  await expose('both', new Date(Date.now() + 1));
  await post([
    outcome({ unit: 'both', identifier: 'a', value: 1, revision: 1 }),
    outcome({ unit: 'both', identifier: 'b', value: 1, at: Date.now() + 10 }),
  ]);
  expect(await values(first)).toMatchObject([{ unit: 'both', value: 0, revision: 0 }]);
  expect(await values(second)).toMatchObject([{ unit: 'both', value: 1 }]);
  await endRollout(stack.db, second);
});

test('feedback about a trace or a unit is a value of the unit, with its comment; another score of the same identifier replaces', async () => {
  const runId = await begin();
  await expose('rater');
  await stack.db
    .insertInto('agent_call')
    .values({
      id: 'call-1',
      project_id: 'prj_default',
      agent_id: agentId,
      run_id: runId,
      variant: 'candidate',
      version: 1,
      revision,
      unit: 'rater',
      trace_id: 'trace-1',
      status: 'succeeded',
      at: new Date(),
    })
    .execute();
  const send = (body: object) => callDataPlane(stack, '/v1/feedback', { name: 'thumbs', identifier: 'me', ...body });
  expect(await send({ traceId: 'trace-1', label: 'up', comment: 'nice' })).toMatchObject({
    status: 200,
    json: { accepted: 1, value: 1 },
  });
  expect(await send({ traceId: 'trace-1', label: 'Up' })).toMatchObject({ json: { accepted: 0, duplicates: 1 } });
  expect(await send({ unit: 'rater', label: 'negative', comment: 'it was wrong' })).toMatchObject({
    json: { accepted: 1, value: 0 },
  });
  expect(await values(runId)).toMatchObject([{ unit: 'rater', metric: 'thumbs', value: 0 }]);
  const { comment, given_by } = await stack.db.selectFrom('feedback_comment').selectAll().executeTakeFirstOrThrow();
  expect({ comment, given_by }).toEqual({ comment: 'it was wrong', given_by: 'service:ingest' });
  expect(await send({ traceId: 'trace-1', label: 'so-so' })).toMatchObject({
    status: 400,
    json: { error: { message: expect.stringContaining('label: "so-so" says nothing that can be counted') } },
  });
  expect(await send({ traceId: 'trace-1', label: 'so-so', score: 0.5 })).toMatchObject({
    status: 200,
    json: { value: 0.5 },
  });
  expect(await send({ traceId: 'trace-2', label: 'up' })).toMatchObject({ status: 404 });
  expect(await send({ label: 'up' })).toMatchObject({ status: 400 });
  await endRollout(stack.db, runId);
});

test('only a key that may ingest sends outcomes, and a body that is too large is refused', async () => {
  const as = (key: string) => callDataPlane(stack, '/v1/outcomes', { outcomes: [] }, { key });
  expect(await as(stack.keys.viewer)).toMatchObject({ status: 403 });
  expect(await as('sl_nobody')).toMatchObject({ status: 401 });
  expect(await as(stack.keys.ingest)).toMatchObject({ status: 200 });
  const many = await callDataPlane(stack, '/v1/outcomes', { outcomes: Array.from({ length: 10_001 }, () => 0) });
  expect(many).toMatchObject({ status: 400 });
  const long = await callDataPlane(stack, '/v1/outcomes', { outcomes: ['x'.repeat(17_000_000)] });
  expect(long).toMatchObject({ status: 413 });
});
