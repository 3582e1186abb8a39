import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, expect, it } from 'vitest';
import { runShard } from '../../activities/run-shard.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { eventually } from '../support/eventually.ts';
import { frozenRun, tallyOf } from '../support/frozen-run.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestDatabase } from '../support/test-database.ts';

const database = await useTestDatabase();
const { db } = database;
const stub = await startStubAgent();
const dependencies = activityDependencies(database);
afterAll(async () => {
  await dependencies.close();
  await stub.close();
});

/** The call before the pause was in no row and in no count: `agentCalls` was too low. */
it('a call whose trial was given up between attempts, by a pause, is counted', async () => {
  const agent = { adapter: 'http', url: `${stub.url}/flaky?failures=1&code=429&retryAfter=60` } as const;
  const { runId } = await frozenRun(db, { examples: 4, variants: { control: agent, candidate: agent } });
  const run = () => new MockActivityEnvironment().run(() => runShard(dependencies, { runId, shard: 0, lanes: 3 }));
  const running = run();
  await eventually(() => (stub.calls() === 3 ? true : undefined));
  await db.updateTable('run').set({ intent: 'pause' }).where('id', '=', runId).execute();
  expect(await running).toEqual({ outcome: 'paused' });
  expect((await tallyOf(db, runId)).agentCalls).toBe(3);
});
