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

const asking = async (settleApproval: ExperimentActivities['settleApproval']) =>
  Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: { codePath: await workflowBundleFile(inject('cacheDir')) },
    activities: stubActivities({
      shards: 1,
      judge: async () => ({ decisionId: null, verdict: 'pass', action: null, evidenceHash: 'hash', awaiting: true }),
      settleApproval,
    }),
  });
const start = (runId: string) =>
  environment.client.workflow.start(workflowNames.experiment, {
    workflowId: `exp/${runId}`,
    taskQueue,
    args: [{ runId }],
  });
const days = 86_400_000;

it('a request nobody answers for seven days ends by its own time, and costs no history while it waits', async () => {
  const expiresAt = (await environment.currentTimeMs()) + 7 * days;
  const looks: number[] = [];
  const worker = await asking(async () => {
    const left = expiresAt - (await environment.currentTimeMs());
    looks.push(left);
    return { waitMs: left > 0 ? left : null };
  });
  await worker.runUntil(async () => {
    const handle = await start('run_expires');
    await environment.sleep('1 day');
    const waiting = (await handle.describe()).historyLength;
    await environment.sleep('5 days');
    expect((await handle.describe()).historyLength).toBe(waiting);
    await handle.result();
    expect((await handle.describe()).historyLength).toBeLessThan(50);
  });
  expect(await environment.currentTimeMs()).toBeGreaterThanOrEqual(expiresAt);
  expect(looks.length).toBeLessThanOrEqual(3);
});

it('an answer after three days ends the wait at once, and one that decides nothing yet is waited on', async () => {
  let decided = false;
  const expiresAt = (await environment.currentTimeMs()) + 7 * days;
  const looks: number[] = [];
  const worker = await asking(async () => {
    const now = await environment.currentTimeMs();
    looks.push(now);
    return { waitMs: decided ? null : expiresAt - now };
  });
  await worker.runUntil(async () => {
    const handle = await start('run_answered');
    await environment.sleep('2 days');
    await handle.signal(commandSignalName);
    await environment.sleep('1 day');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    decided = true;
    await handle.signal(commandSignalName);
    await handle.result();
  });
  // Of the look that ended it: once nothing runs any more the server's time may skip for years.
  expect(looks.at(-1)).toBeLessThan(expiresAt);
});
