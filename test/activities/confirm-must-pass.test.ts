import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { type ConfirmOutput, confirmMustPass } from '../../activities/confirm-must-pass.ts';
import { judge } from '../../activities/judge.ts';
import { runShard } from '../../activities/run-shard.ts';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { trialId } from '../../schema/ids.ts';
import { beginConfirmation } from '../../store/confirmations/begin-confirmation.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { eventually } from '../support/eventually.ts';
import { frozenRun, tallyOf } from '../support/frozen-run.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestDatabase } from '../support/test-database.ts';

const database = await useTestDatabase();
const { db } = database;
const stub = await startStubAgent();
/** Trial ids in the order of their calls. */
let called: string[] = [];
const dependencies = activityDependencies(database, {
  functions: {
    agents: {
      /** Right, but for the examples and repetitions named. */
      scripted: ({ input, context, parameters }) => {
        called.push(context.trialId);
        const { number } = input as { number: number };
        const wrong = (parameters.wrong ?? {}) as Record<string, number[]>;
        if ((parameters.throwsFrom as number) <= context.repetition) throw new Error('the agent broke');
        return { output: wrong[number]?.includes(context.repetition) ? 'no' : 'ok', usage: { costUsd: 0.5 } };
      },
    },
  },
});
afterAll(async () => {
  await dependencies.close();
  await stub.close();
});

const environment = new MockActivityEnvironment();
const mustPass: GatePolicy = { criteria: [{ metric: 'correct', mustPass: true }] };
const scripted = (parameters: NonNullable<(AgentConfig & { adapter: 'function' })['parameters']>): AgentConfig => ({
  adapter: 'function',
  function: 'scripted',
  parameters,
});

/** A run whose trials are done: control is right everywhere, the candidate wrong where told. */
async function finishedTrials(candidate: AgentConfig, more: Parameters<typeof frozenRun>[1] = {}) {
  const { runId, plan } = await frozenRun(db, {
    examples: 6,
    retries: 0,
    variants: { control: scripted({}), candidate },
    evaluators: [{ type: 'contains', name: 'correct', value: 'ok' }],
    policy: mustPass,
    ...more,
  });
  await environment.run(() => runShard(dependencies, { runId, shard: 0, lanes: 4 }));
  called = [];
  stub.reset();
  return { runId, plan };
}
const confirm = (runId: string, env = environment) =>
  env.run(() => confirmMustPass(dependencies, { runId })) as Promise<ConfirmOutput>;
const rows = (runId: string) =>
  db.selectFrom('confirmation').selectAll().where('run_id', '=', runId).orderBy('repetition').execute();
async function verdictOf(runId: string) {
  await environment.run(() => judge(dependencies, { runId }));
  return (await db.selectFrom('run').select('result').where('id', '=', runId).executeTakeFirstOrThrow()).result;
}

describe('a golden case that broke', () => {
  it('is called again until 3 of at most 5 calls agree, each time under a key of its own', async () => {
    const { runId } = await finishedTrials(scripted({ wrong: { 1: [0, 1, 2, 3, 4], 4: [0, 2] } }));
    expect(await confirm(runId)).toEqual({ outcome: 'finished' });
    const made = (await rows(runId)).map((row) => `${row.example_id}/${row.repetition}`).sort();
    expect(made).toEqual(['e1/1', 'e1/2', 'e4/1', 'e4/2', 'e4/3', 'e4/4']);
    expect(called.sort()).toEqual(
      made
        .map((one) => one.split('/'))
        .map(([example = '', repetition]) => trialId(runId, 'candidate', example, Number(repetition)))
        .sort(),
    );
    const result = await verdictOf(runId);
    expect(result).toMatchObject({ verdict: 'fail', action: 'roll_back' });
    expect(result?.confirmations).toEqual([
      { candidate: 'candidate', metric: 'correct', exampleId: 'e1', calls: 3, failed: 3 },
      { candidate: 'candidate', metric: 'correct', exampleId: 'e4', calls: 5, failed: 2 },
    ]);
    expect(result?.reasons[0]).toContain('candidate breaks 1 of the 6 examples that control solves (e1)');
  });

  it('and is solved in most calls lets the candidate pass, with a warning', async () => {
    const { runId } = await finishedTrials(scripted({ wrong: { 2: [0] } }));
    await confirm(runId);
    expect(await rows(runId)).toHaveLength(3);
    const result = await verdictOf(runId);
    expect(result?.verdict).toBe('pass');
    expect(result?.warnings[0]).toContain('candidate failed e2 at first and solved it in most calls');
  });

  it('changes no mean and no count but agentCalls and the cost', async () => {
    const { runId } = await finishedTrials(scripted({ wrong: { 2: [0] } }));
    const before = await tallyOf(db, runId);
    await confirm(runId);
    const result = await verdictOf(runId);
    expect(result?.counts).toEqual({ ...before.counts, planned: 12, succeeded: 12 });
    expect(result?.agentCalls).toBe(12 + 3);
    expect(result?.costUsd).toBeCloseTo(0.5 * (12 + 3), 9);
    expect(
      result?.metrics.find(({ metric, variant }) => metric === 'correct' && variant === 'candidate'),
    ).toMatchObject({ n: 6, mean: 5 / 6 });
  });

  it('counts as broken when the agent fails the re-runs, with a number for every call', async () => {
    const { runId } = await finishedTrials(scripted({ wrong: { 2: [0] }, throwsFrom: 1 }));
    await confirm(runId);
    expect((await rows(runId)).map(({ status, caused_by, calls }) => [status, caused_by, calls])).toEqual([
      ['failed', 'agent', 1],
      ['failed', 'agent', 1],
    ]);
    expect((await verdictOf(runId))?.verdict).toBe('fail');
  });
});

describe('confirming again', () => {
  it('after it is done calls nobody', async () => {
    const { runId } = await finishedTrials(scripted({ wrong: { 1: [0, 1, 2] } }));
    await confirm(runId);
    expect(called).toHaveLength(2);
    await confirm(runId);
    expect(called).toHaveLength(2);
    expect((await tallyOf(db, runId)).agentCalls).toBe(14);
  });

  it('after a cut in the middle of a call makes that call again and counts both', async () => {
    const { runId } = await finishedTrials(scripted({ wrong: { 1: [0, 1, 2] } }));
    await beginConfirmation(db, { runId, variant: 'candidate', exampleId: 'e1', repetition: 1 });
    expect((await tallyOf(db, runId)).agentCalls).toBe(13);
    await confirm(runId);
    expect((await rows(runId)).map(({ repetition, calls }) => [repetition, calls])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect((await tallyOf(db, runId)).agentCalls).toBe(15);
  });
});

it('nothing is called when no case broke, when no criterion protects any, and when control does not solve it', async () => {
  const sound = await finishedTrials(scripted({}));
  await confirm(sound.runId);
  const free = await finishedTrials(scripted({ wrong: { 1: [0] } }), {
    policy: { criteria: [{ metric: 'correct' }] },
  });
  await confirm(free.runId);
  const hard = await finishedTrials(scripted({ wrong: { 1: [0] } }), {
    variants: { control: scripted({ wrong: { 1: [0] } }), candidate: scripted({ wrong: { 1: [0] } }) },
  });
  await confirm(hard.runId);
  expect(called).toEqual([]);
});

it('no re-run starts at the cap of the budget, and the case stays untold', async () => {
  const { runId, plan } = await finishedTrials(scripted({ wrong: { 1: [0, 1, 2] } }));
  // 12 trials have cost 6 USD; one re-run more reaches the cap.
  const capped = JSON.stringify({ ...plan, budget: { maxCostUsd: 6.2 } });
  await db.updateTable('run').set({ plan: capped }).where('id', '=', runId).execute();
  await confirm(runId);
  expect(called).toHaveLength(1);
  const result = await verdictOf(runId);
  expect(result?.verdict).toBe('inconclusive');
  expect(result?.reasons.join()).toContain('1 golden case broke once and is not confirmed (e1)');
});

it("with repetitions the run's own calls count among the five", async () => {
  const { runId } = await finishedTrials(scripted({ wrong: { 1: [0, 1] } }), { repetitions: 2 });
  await confirm(runId);
  expect((await rows(runId)).map(({ repetition }) => repetition)).toEqual([2, 3, 4]);
  expect((await verdictOf(runId))?.confirmations).toEqual([
    { candidate: 'candidate', metric: 'correct', exampleId: 'e1', calls: 5, failed: 2 },
  ]);
});

it('a pause stops the re-runs, and what is left is made when the run goes on', async () => {
  const slow: AgentConfig = { adapter: 'http', url: `${stub.url}/run?ms=400` };
  const { runId } = await finishedTrials(slow, { concurrency: 1 });
  const running = confirm(runId);
  await eventually(() => (stub.calls() > 0 ? true : undefined));
  await db.updateTable('run').set({ intent: 'pause', status: 'paused' }).where('id', '=', runId).execute();
  expect(await running).toEqual({ outcome: 'stopped' });
  const before = stub.calls();
  expect(before).toBeLessThan(12);
  expect(await confirm(runId)).toEqual({ outcome: 'stopped' });
  expect(stub.calls()).toBe(before);
  await db.updateTable('run').set({ intent: 'run', status: 'running' }).where('id', '=', runId).execute();
  expect(await confirm(runId)).toEqual({ outcome: 'finished' });
  expect(stub.calls()).toBe(12);
  expect(stub.repeated()).toBe(0);
  expect(stub.mostAtOnce()).toBe(1);
  expect((await tallyOf(db, runId)).agentCalls).toBe(24);
});
