import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { shardSizeOf, windowOf } from '../../activities/plan-experiment.ts';
import { installRuntime } from '../../worker/main.ts';
import { workflowBundleFile } from '../../worker/workflow-bundle.ts';
import { workflowNames } from '../../workflows/messages.ts';
import { type ExperimentActivities, stubActivities } from '../support/stub-activities.ts';

installRuntime();
const address = inject('temporalAddress');
const connection = await Connection.connect({ address });
const native = await NativeConnection.connect({ address });
const client = new Client({ connection });
afterAll(async () => {
  await native.close();
  await connection.close();
});

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** Runs the workflow over stub activities. @returns events of each of its executions, by continue-as-new. */
async function historyOf(activities: ExperimentActivities): Promise<number[]> {
  const taskQueue = `history-${randomUUID()}`;
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: { codePath: await workflowBundleFile(inject('cacheDir')) },
    activities,
  });
  return worker.runUntil(async () => {
    const workflowId = `exp/${taskQueue}`;
    const handle = await client.workflow.start(workflowNames.experiment, {
      workflowId,
      taskQueue,
      args: [{ runId: 'run_long' }],
    });
    await handle.result();
    const lengths: number[] = [];
    let runId: string | null | undefined = handle.firstExecutionRunId;
    while (runId) {
      const { events }: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      lengths.push(events?.length ?? 0);
      runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    return lengths;
  });
}

describe('a run of 20,000 trials', () => {
  it.each([8, 32, 256])('at concurrency %d writes at most 0.06 history events per trial', async (concurrency) => {
    const trials = 20_000;
    const places = windowOf(concurrency).length;
    const shards = Math.ceil(trials / shardSizeOf(trials, places));
    const lengths = await historyOf(stubActivities({ shards, places }));
    const perTrial = lengths.reduce((sum, length) => sum + length) / trials;
    console.log(`concurrency ${concurrency}: ${shards} shards, ${perTrial.toFixed(4)} events per trial`);
    expect(perTrial).toBeLessThanOrEqual(0.06);
  });
});

it('a run of so many shards that its history grows long goes on in a new one, and forgets none', async () => {
  const done = new Map<number, number>();
  const activities = stubActivities({ shards: 500, places: 16 });
  const { runShard } = activities;
  const lengths = await historyOf({
    ...activities,
    runShard: async (input) => {
      done.set(input.shard, (done.get(input.shard) ?? 0) + 1);
      return runShard(input);
    },
  });
  expect(lengths.length).toBeGreaterThan(1);
  // The test server suggests it at 1,000 events; shards under way then are still waited for.
  expect(Math.max(...lengths)).toBeLessThan(1_300);
  expect(done.size).toBe(500);
  expect([...done.values()].every((times) => times === 1)).toBe(true);
});
