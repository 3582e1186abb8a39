import { beforeAll, expect, test } from 'vitest';
import { type TestStack, useTestStack } from '../support/test-stack.ts';
import { pushSupportBot, rolloutSpec, sendUnits, untilResult } from './use-rollout.ts';

let stack: TestStack;
let agentId: string;

beforeAll(async () => {
  stack = await useTestStack();
  agentId = await pushSupportBot(stack);
});

const productionVersion = async () =>
  (await stack.db.selectFrom('agent').select('production_version').where('id', '=', agentId).executeTakeFirstOrThrow())
    .production_version;

test('a candidate that does harm is rolled back: all units get control, production stays, the decision holds its evidence', async () => {
  const { id } = await stack.sluice.runs.start.mutate({ spec: rolloutSpec() });
  await untilResult(stack, id, ({ stage }) => stage === 1);
  await sendUnits(stack, agentId, { from: 0, count: 1_500, rate: (variant) => (variant === 'candidate' ? 0.3 : 0.7) });
  const result = await untilResult(stack, id, ({ status }) => status === 'completed');
  expect(result).toMatchObject({ verdict: 'fail', action: 'roll_back', share: 0 });
  expect(result.reasons[0]).toMatch(/^resolved: harm is shown: candidate −\d+\.\d points against control/);
  expect(await productionVersion()).toBe(1);
  const traffic = await stack.db
    .selectFrom('traffic')
    .selectAll()
    .where('agent_id', '=', agentId)
    .executeTakeFirstOrThrow();
  expect(traffic.split.variants).toEqual([{ name: 'control', version: 1, range: [0, 1] }]);
  expect(result.decisions).toHaveLength(1);
});

test('a good candidate passes its stages and becomes the production version', async () => {
  const { id } = await stack.sluice.runs.start.mutate({ spec: rolloutSpec() });
  for (const stage of [1, 2]) {
    await untilResult(stack, id, (result) => result.stage === stage);
    await sendUnits(stack, agentId, { from: stage * 10_000, count: 600, rate: () => 0.7 });
  }
  const result = await untilResult(stack, id, ({ status }) => status === 'completed');
  expect(result).toMatchObject({ verdict: 'pass', action: 'roll_forward', share: 0 });
  expect(result.decisions?.map(({ action }) => action)).toEqual(['roll_forward', 'roll_forward']);
  expect(await productionVersion()).toBe(2);
});
