import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { installRuntime } from '../../worker/main.ts';
import { workflowBundleFile } from '../../worker/workflow-bundle.ts';
import { commandSignalName, taskQueue, workflowNames } from '../../workflows/messages.ts';
import { type ExperimentActivities, stubActivities } from '../support/stub-activities.ts';
import { timeSkippingServer } from '../support/time-skipping-server.ts';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  installRuntime();
  const path = await timeSkippingServer();
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
});
afterAll(() => environment?.teardown());

const workerWith = async (activities: ExperimentActivities) =>
  Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: { codePath: await workflowBundleFile(inject('cacheDir')) },
    activities,
  });

it('a run paused for fourteen days costs no history while it waits, resumes and is judged', async () => {
  let intent: 'run' | 'pause' = 'pause';
  const outcomes: string[] = [];
  const activities = stubActivities({
    shards: 4,
    readIntent: async () => ({ intent, status: intent === 'run' ? 'running' : 'paused' }),
  });
  const { runShard } = activities;
  const worker = await workerWith({
    ...activities,
    runShard: async (input) => {
      const output = intent === 'pause' ? ({ outcome: 'paused' } as const) : await runShard(input);
      outcomes.push(output.outcome);
      return output;
    },
  });
  const started = await environment.currentTimeMs();
  await worker.runUntil(async () => {
    const handle = await environment.client.workflow.start(workflowNames.experiment, {
      workflowId: 'exp/run_patient',
      taskQueue,
      args: [{ runId: 'run_patient' }],
    });
    await environment.sleep('14 days');
    const whilePaused = (await handle.describe()).historyLength;
    // Nothing happens in two more weeks: no timer, no poll.
    await environment.sleep('14 days');
    expect((await handle.describe()).historyLength).toBe(whilePaused);
    // A signal that changes nothing is read, and the run waits on.
    await handle.signal(commandSignalName);
    await environment.sleep('1 day');
    intent = 'run';
    await handle.signal(commandSignalName);
    await handle.result();
    expect((await handle.describe()).historyLength).toBeLessThan(120);
  });
  expect((await environment.currentTimeMs()) - started).toBeGreaterThanOrEqual(29 * 86_400_000);
  expect(outcomes.filter((outcome) => outcome === 'paused')).toHaveLength(2);
  expect(outcomes.filter((outcome) => outcome === 'finished')).toHaveLength(4);
});

it('a pause that comes with the last trial holds the verdict back for as long as it lasts', async () => {
  let intent: 'run' | 'pause' = 'pause';
  let verdicts = 0;
  const activities = stubActivities({
    shards: 1,
    readIntent: async () => ({ intent, status: 'running' }),
  });
  const { judge } = activities;
  const worker = await workerWith({
    ...activities,
    judge: async (input) => {
      verdicts += 1;
      return judge(input);
    },
  });
  await worker.runUntil(async () => {
    const handle = await environment.client.workflow.start(workflowNames.experiment, {
      workflowId: 'exp/run_held',
      taskQueue,
      args: [{ runId: 'run_held' }],
    });
    await environment.sleep('30 days');
    expect(verdicts).toBe(0);
    intent = 'run';
    await handle.signal(commandSignalName);
    await handle.result();
    expect(verdicts).toBe(1);
  });
});
