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

/** It waited for answers until their timeout, an hour perhaps: the worker had to be killed. */
it('a worker that must go cuts off calls that do not end, and they are counted', async () => {
  const agent = { adapter: 'http', url: `${stub.url}/hang`, timeoutMs: 600_000 } as const;
  const { runId } = await frozenRun(db, { examples: 4, variants: { control: agent, candidate: agent } });
  const shutdown = new MockActivityEnvironment();
  const ended = expect(shutdown.run(() => runShard(dependencies, { runId, shard: 0, lanes: 3 }))).rejects.toThrow();
  await eventually(() => (stub.calls() === 3 ? true : undefined));
  shutdown.cancel('WORKER_SHUTDOWN');
  await ended;
  await db.updateTable('run').set({ intent: 'pause' }).where('id', '=', runId).execute();
  const next = new MockActivityEnvironment();
  expect(await next.run(() => runShard(dependencies, { runId, shard: 0, lanes: 3 }))).toEqual({ outcome: 'paused' });
  expect((await tallyOf(db, runId)).agentCalls).toBe(3);
}, 20_000);
