import { MockActivityEnvironment } from '@temporalio/testing';
import { Pool } from 'pg';
import { afterAll, expect, it } from 'vitest';
import { TrialWriter } from '../../activities/lanes/trial-writer.ts';
import { runShard } from '../../activities/run-shard.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { eventually } from '../support/eventually.ts';
import { frozenRun, tallyOf } from '../support/frozen-run.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestDatabase } from '../support/test-database.ts';

const database = await useTestDatabase();
const { db, databaseUrl } = database;
const stub = await startStubAgent();
const dependencies = activityDependencies(database);
afterAll(async () => {
  await dependencies.close();
  await stub.close();
});

/** The attempt ended in good order as far as the shard knew, and its calls were in no row and in no count. */
it('calls whose rows could not be written while a pause came are counted', async () => {
  const agent = { adapter: 'http', url: `${stub.url}/run?ms=300` } as const;
  const { runId } = await frozenRun(db, { examples: 4, variants: { control: agent, candidate: agent } });
  const pool = new Pool({ connectionString: databaseUrl, options: '-c search_path=nowhere' });
  const run = (means: typeof dependencies) =>
    new MockActivityEnvironment().run(() => runShard(means, { runId, shard: 0, lanes: 3 }));
  const refused = expect(run({ ...dependencies, writer: new TrialWriter(pool) })).rejects.toThrow('does not exist');
  await eventually(() => (stub.calls() === 3 ? true : undefined));
  await db.updateTable('run').set({ intent: 'pause' }).where('id', '=', runId).execute();
  await refused;
  expect(await run(dependencies)).toEqual({ outcome: 'paused' });
  expect(stub.calls()).toBe(3);
  expect((await tallyOf(db, runId)).agentCalls).toBe(3);
  await pool.end();
});
