import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { workflowBundleFile } from '../../worker/workflow-bundle.ts';
import { commandSignalName } from '../../workflows/messages.ts';
import { evidenceOf } from '../support/awaiting-run.ts';
import { untilFinal, untilRun } from '../support/follow-run.ts';
import { useTestStack } from '../support/test-stack.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { freshUnits, pushSupportBot, rolloutSpec, sendUnits, untilResult } from './use-rollout.ts';

/**
 * A rollout in each phase that its workflow can be in, as test/experiment/histories.test.ts does it for experiments: what today's
 * workflow wrote it must be able to replay, and what `npm run record-histories` wrote down every later one too.
 */
const recording = process.env.SLUICE_RECORD_HISTORIES === '1';

const stack = await useTestStack();
const { as, databaseUrl, sluice, temporal, temporalNamespace } = stack;
let agentId: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
});
afterEach(async () => {
  for (const { id, status } of await sluice.runs.list.query({ limit: 5 })) {
    if (!isFinal(status)) await sluice.runs.abort.mutate({ id });
  }
  await as('admin').agents.setProduction.mutate({ agent: 'support-bot', version: 1, reason: 'for the next test' });
});
const oneStage = [{ traffic: 0.5, minDuration: '10ms', minSamples: 50 }];
const longStage = [{ traffic: 0.5, minDuration: '1h', minSamples: 50 }];
const start = async (more: Partial<RolloutSpec> = {}) =>
  (await sluice.runs.start.mutate({ spec: rolloutSpec(more) })).id;
const inStage = (id: string, stage = 1) => untilResult(stack, id, (run) => run.stage === stage);
const untilAsked = (id: string) =>
  untilRun(sluice, id, (run) => run.status === 'awaiting_approval' && run.approval?.state === 'open');
const send = (rate: (variant: string) => number = () => 0.7, count = 400) =>
  sendUnits(stack, agentId, { from: freshUnits(), count, rate });
const harmful = (variant: string) => (variant === 'candidate' ? 0.2 : 0.7);

/** Replays the run's history on today's workflow; writes it down when recording. */
async function keepHistory(phase: string, runId: string): Promise<void> {
  const workflowId = `rollout/${runId}`;
  const handle = temporal.workflow.getHandle(workflowId);
  await handle.result();
  const codePath = await workflowBundleFile(inject('cacheDir'));
  const executions = temporal.workflow.list({ query: `WorkflowId = '${workflowId}'` });
  const runs: string[] = [];
  for await (const { runId: execution } of executions) runs.push(execution);
  const { workflowExecutionInfo } = (await handle.describe()).raw;
  const newest = workflowExecutionInfo?.execution?.runId ?? '';
  if (!runs.includes(newest)) runs.unshift(newest);
  for (const [index, execution] of runs.entries()) {
    const history = await temporal.workflow.getHandle(workflowId, execution).fetchHistory();
    await expect(
      Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId),
    ).resolves.toBeUndefined();
    if (!recording) continue;
    // Which machine and process did it is nobody's business.
    const text = historyToJSON(history).replaceAll(/"(identity|stackTrace)": "[^"]*"/g, '"$1": ""');
    const name = `rollout-${phase}${index === 0 ? '' : `-${index}`}.json`;
    const file = fileURLToPath(new URL(`../histories/${name}`, import.meta.url));
    writeFileSync(file, `${JSON.stringify(JSON.parse(text))}\n`);
  }
}

describe('the history of a rollout replays on the workflow that wrote it, and is kept for later ones', () => {
  it('requested, approved, and in its first stage aborted', async () => {
    const id = await start({ stages: longStage, approvals: { stages: { '1': 1 }, promote: 0 } });
    await as('approver').runs.approve.mutate(evidenceOf(await untilAsked(id)));
    await inStage(id);
    await sluice.runs.abort.mutate({ id });
    await keepHistory('aborted', id);
  });

  it('rejected before its first stage', async () => {
    const id = await start({ approvals: { stages: { '1': 1 }, promote: 0 } });
    await untilAsked(id);
    await as('approver').runs.reject.mutate({ id, reason: 'no' });
    await untilFinal(sluice, id);
    await keepHistory('rejected', id);
  });

  it('through two stages to its promotion', async () => {
    const id = await start();
    for (const stage of [1, 2]) {
      await inStage(id, stage);
      await send();
    }
    expect(await untilFinal(sluice, id)).toMatchObject({ action: 'roll_forward' });
    await keepHistory('promoted', id);
  });

  it('rolled back for harm', async () => {
    const id = await start({ stages: longStage });
    await inStage(id);
    await send(harmful, 1_000);
    expect(await untilFinal(sluice, id)).toMatchObject({ action: 'roll_back' });
    await keepHistory('rolled-back', id);
  });

  it('held, and told to advance', async () => {
    const id = await start({
      stages: [{ traffic: 0.2, maxDuration: '1s', minDuration: '1s' }, ...oneStage],
      onTimeout: 'hold',
    });
    await untilResult(stack, id, ({ reasons }) => /the policy answers hold/.test(reasons[0] ?? ''));
    await sluice.runs.steer.mutate({ id, command: 'advance', reason: 'go' });
    await inStage(id, 2);
    await send();
    await untilFinal(sluice, id);
    await keepHistory('held', id);
  });

  it('paused, resumed, and watched after its promotion', async () => {
    const id = await start({ stages: oneStage, watch: '1s' });
    await inStage(id);
    await sluice.runs.pause.mutate({ id });
    await untilResult(stack, id, ({ reasons }) => reasons[0] === 'paused');
    await sluice.runs.resume.mutate({ id });
    await send();
    await untilResult(stack, id, ({ phase }) => phase === 'watch');
    expect(await untilFinal(sluice, id)).toMatchObject({ action: 'roll_forward' });
    await keepHistory('watched', id);
  });

  it('continued as new after a hundred looks', async () => {
    const id = await start({ stages: longStage });
    await inStage(id);
    // Each order is a look.
    for (let order = 0; order < 110; order += 1) {
      await sluice.runs.steer.mutate({ id, command: 'extend', byMs: 1_000, reason: `${order}` });
      await temporal.workflow.getHandle(`rollout/${id}`).signal(commandSignalName);
    }
    await sluice.runs.abort.mutate({ id });
    await keepHistory('continued', id);
  });
});

it('a rollout goes on after a worker deploy, and after every worker was killed', async () => {
  const id = await start();
  await inStage(id);
  await stack.stopWorkers();
  const options = {
    databaseUrl,
    temporalNamespace,
    temporalAddress: inject('temporalAddress'),
    cacheDir: inject('cacheDir'),
  };
  const deployed = await Promise.all([startWorkerProcess(options), startWorkerProcess(options)]);
  await send();
  await inStage(id, 2);
  for (const worker of deployed) worker.kill('SIGKILL');
  await send();
  const startedAt = performance.now();
  await stack.startWorker();
  expect(await untilFinal(sluice, id)).toMatchObject({ action: 'roll_forward', share: 0 });
  console.log(`all workers killed: promoted ${Math.round(performance.now() - startedAt)} ms after a worker was back`);
  await keepHistory('workers-killed', id);
});
