import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { installRuntime } from '../../worker/main.ts';
import { workflowBundleFile } from '../../worker/workflow-bundle.ts';
import { commandSignalName, taskQueue, workflowNames } from '../../workflows/messages.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { evidenceOf } from '../support/awaiting-run.ts';
import { useTestStack } from '../support/test-stack.ts';
import { timeSkippingServer } from '../support/time-skipping-server.ts';
import { pushSupportBot, rolloutSpec, sendUnits, untilResult } from './use-rollout.ts';

// The API's own Temporal has no worker here: what it starts waits there for ever. The rollout runs where time is skipped.
const stack = await useTestStack({ workers: 0 });
const { as, db, sluice } = stack;
const dependencies = activityDependencies(stack);
let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  installRuntime();
  const path = await timeSkippingServer();
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
});
afterAll(async () => {
  await environment?.teardown();
  await dependencies.close();
});
const hour = 3_600_000;
const day = 24 * hour;

it('a canary of fourteen days, with two approvals, a freeze and a pause, adds no history while it waits', async () => {
  const agentId = await pushSupportBot(stack);
  const begun = await environment.currentTimeMs();
  const at = (days: number) => new Date(begun + days * day).toISOString();
  await as('on_call').traffic.freeze.mutate({ from: at(5), to: at(6), reason: 'the fair' });
  const stage = (traffic: number) => ({ traffic, minDuration: '3d', maxDuration: '6d', minSamples: 50 });
  const { id } = await sluice.runs.start.mutate({
    spec: rolloutSpec({
      stages: [stage(0.05), stage(0.25), stage(0.5)],
      cadence: '3h',
      watch: '2d',
      approvals: { stages: { '2': 1 }, promote: 1 },
    }),
  });
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: { codePath: await workflowBundleFile(inject('cacheDir')) },
    activities: createActivities(dependencies, { longestWaitMs: Number.POSITIVE_INFINITY }),
  });
  const lengths: number[] = [];
  await worker.runUntil(async () => {
    const handle = await environment.client.workflow.start(workflowNames.rollout, {
      workflowId: `rollout/${id}`,
      taskQueue,
      args: [{ runId: id }],
    });
    const until = async (days: number) => {
      const left = begun + days * day - (await environment.currentTimeMs());
      if (left > 0) await environment.sleep(left);
      return sluice.runs.get.query({ id });
    };
    const length = async () => (await handle.describe()).historyLength;
    const send = (from: number, count: number) => sendUnits(stack, agentId, { from, count, rate: () => 0.7 });

    await untilResult(stack, id, (run) => run.stage === 1);
    await send(0, 2_500);
    const waiting = await length();
    expect(await until(2.9)).toMatchObject({ status: 'running', stage: 1, share: 0.05 });
    // A look every three hours, and not an event more.
    expect(await length()).toBe(waiting);
    const asked = await until(4);
    expect(asked).toMatchObject({
      status: 'awaiting_approval',
      stage: 1,
      approval: { action: 'enter_stage', stage: 2 },
    });
    await as('approver').runs.approve.mutate(evidenceOf(asked));
    await handle.signal(commandSignalName);
    await untilResult(stack, id, (run) => run.stage === 2);
    await send(10_000, 600);

    expect((await until(5.5)).reasons[0]).toBe('frozen: the fair');
    await until(6.5);
    await sluice.runs.pause.mutate({ id });
    await handle.signal(commandSignalName);
    expect(await until(7.5)).toMatchObject({ status: 'paused', stage: 2 });
    await sluice.runs.resume.mutate({ id });
    await handle.signal(commandSignalName);
    // Four days after its entry, two of them idle.
    expect(await until(8.5)).toMatchObject({ status: 'running', stage: 2 });
    expect(await until(9.3)).toMatchObject({ stage: 3, share: 0.5 });
    await send(20_000, 600);

    const promoting = await until(12.5);
    expect(promoting).toMatchObject({ status: 'awaiting_approval', stage: 3, approval: { action: 'promote' } });
    await as('approver').runs.approve.mutate(evidenceOf(promoting));
    await handle.signal(commandSignalName);
    await untilResult(stack, id, (run) => run.phase === 'watch');
    expect(await until(14)).toMatchObject({ phase: 'watch', share: 0.98 });
    const ended = await until(15);
    expect(ended).toMatchObject({
      status: 'completed',
      verdict: 'pass',
      action: 'roll_forward',
      phase: 'ended',
      share: 0,
    });
    lengths.push(await length());
    console.log(
      `a canary of ${(((await environment.currentTimeMs()) - begun) / day).toFixed(1)} days: ${lengths} events`,
    );
    await handle.result();
    const history = historyFromJSON(JSON.parse(historyToJSON(await handle.fetchHistory())));
    const codePath = await workflowBundleFile(inject('cacheDir'));
    await expect(
      Worker.runReplayHistory({ workflowBundle: { codePath } }, history, `rollout/${id}`),
    ).resolves.toBeUndefined();
  });
  expect(Math.max(...lengths)).toBeLessThan(2_000);
  // Each stage ran its three days, idle times left out.
  const decisions = await db
    .selectFrom('decision as d')
    .innerJoin('evidence as e', 'e.id', 'd.evidence_id')
    .select('e.content')
    .where('d.run_id', '=', id)
    .orderBy('d.created_at')
    .execute();
  const elapsed = decisions.map(
    ({ content }) => (content as { evidence?: { elapsedMs?: number } }).evidence?.elapsedMs ?? 0,
  );
  for (const ms of elapsed.slice(0, 3)) {
    expect(ms).toBeGreaterThanOrEqual(3 * day);
    expect(ms).toBeLessThan(3 * day + 4 * hour);
  }
  expect(elapsed[3]).toBeGreaterThanOrEqual(2 * day);
}, 300_000);
