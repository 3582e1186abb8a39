import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { countPlanScores } from '../../store/scoring/count-scores.ts';
import { workflowBundleFile } from '../../worker/workflow-bundle.ts';
import { awaitingRun, evidenceOf } from '../support/awaiting-run.ts';
import { eventually } from '../support/eventually.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilAtRest, untilFinal, untilRun } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { startStubJudge } from '../support/stub-judge.ts';
import { useTestStack } from '../support/test-stack.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

/**
 * A run in each phase that a workflow can be in. What today's workflow wrote, it must be able to replay; and with
 * `npm run record-histories` the histories go to test/histories, where every later version must still replay them
 * (test/workflows/replay.test.ts). Record when a phase or a step is added; a released history is not replaced.
 */
const recording = process.env.SLUICE_RECORD_HISTORIES === '1';

const { as, databaseUrl, db, sluice, startWorker, stopWorkers, temporal, temporalNamespace } = await useTestStack({
  workers: 0,
});
await pushDataset(sluice, 'numbers', numberedRows(100));
const stub = await startStubAgent();
beforeEach(async () => {
  stub.reset();
  await stopWorkers();
});
afterAll(() => stub.close());

const start = async (path = '/run?ms=5', more: Partial<ExperimentSpec> = {}) => {
  const agent = { adapter: 'http', url: `${stub.url}${path}` } as const;
  const variants = { control: agent, candidate: agent };
  return (await sluice.runs.start.mutate({ spec: experimentSpec({ variants, evaluators: [], ...more }) })).id;
};
const underWay = (id: string) => untilRun(sluice, id, (run) => run.counts.succeeded >= 20);

const untilScored = (id: string | null) =>
  eventually(async () => {
    const scoring = await sluice.runs.scoring.query({ id: id ?? '' });
    return scoring.status === 'completed' || scoring.status === 'failed' ? scoring : undefined;
  }, 30_000);

/** Resolves when the workflow has looked what it was told to do, and waits. */
const untilWaiting = (id: string) =>
  eventually(async () => {
    const { events = [] } = await temporal.workflow.getHandle(`exp/${id}`).fetchHistory();
    const scheduled = events?.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    const completed = events?.filter((event) => event.activityTaskCompletedEventAttributes);
    return (scheduled?.includes('readIntent') && completed?.length === scheduled.length) || undefined;
  });

/** Resolves when the workflow has looked how its request for approval stands, and waits. */
const untilSettled = (id: string) =>
  eventually(async () => {
    const { events = [] } = await temporal.workflow.getHandle(`exp/${id}`).fetchHistory();
    return events?.some((event) => event.timerStartedEventAttributes) || undefined;
  });

/** Replays the run's history on today's workflow; writes it down when recording. */
async function keepHistory(phase: string, runId: string): Promise<void> {
  return keepWorkflow(`exp/${runId}`, `experiment-${phase}`);
}

async function keepWorkflow(workflowId: string, name: string): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowId);
  await handle.result();
  const history = await handle.fetchHistory();
  const codePath = await workflowBundleFile(inject('cacheDir'));
  await expect(Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId)).resolves.toBeUndefined();
  if (!recording) return;
  // Which machine and process did it is nobody's business.
  const text = historyToJSON(history).replaceAll(/"(identity|stackTrace)": "[^"]*"/g, '"$1": ""');
  const file = fileURLToPath(new URL(`../histories/${name}.json`, import.meta.url));
  writeFileSync(file, `${JSON.stringify(JSON.parse(text))}\n`);
}

describe('the history of a run replays on the workflow that wrote it, and is kept for later ones', () => {
  it('completed', async () => {
    await startWorker();
    const id = await start();
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed' });
    await keepHistory('completed', id);
  });

  it('with a golden split to confirm', async () => {
    await startWorker();
    await pushDataset(sluice, 'golden', numberedRows(20, { splits: ['golden'] }));
    const id = await start('/run', {
      dataset: 'golden',
      variants: {
        control: { adapter: 'function', function: 'solve', parameters: { right: 20 } },
        candidate: { adapter: 'function', function: 'solve', parameters: { right: 18 } },
      },
      evaluators: [{ type: 'numeric_match', name: 'correct', extract: 'A: (.*)' }],
      gate: { criteria: [{ metric: 'correct', split: 'golden', mustPass: true }] },
    });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed', verdict: 'fail' });
    await keepHistory('confirmed', id);
  });

  it('approved by persons', async () => {
    await startWorker();
    const run = await awaitingRun(sluice, { dataset: 'numbers', approvals: { promote: 2 } });
    await untilSettled(run.id);
    await as('approver').runs.approve.mutate(evidenceOf(run));
    await as('admin').runs.approve.mutate(evidenceOf(run));
    expect(await untilFinal(sluice, run.id)).toMatchObject({ status: 'completed', action: 'roll_forward' });
    await keepHistory('approved', run.id);
  });

  it('not approved in time', async () => {
    await startWorker();
    const run = await awaitingRun(sluice, { dataset: 'numbers', approvals: { ttl: '1500ms' } });
    expect(await untilFinal(sluice, run.id)).toMatchObject({ status: 'completed', action: 'hold' });
    await keepHistory('expired', run.id);
  });

  it('scored by judges after the trials', async () => {
    await startWorker();
    const judge = await startStubJudge(() => 1);
    const id = await start('/run', {
      evaluators: [{ type: 'http', name: 'judged', url: `${judge.url}/judge` }],
    });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed' });
    await judge.close();
    await keepHistory('scored', id);
  });

  it('paused while judges were scoring', async () => {
    await startWorker();
    const judge = await startStubJudge(() => 1, 20);
    const id = await start('/run', {
      evaluators: [{ type: 'http', name: 'judged', url: `${judge.url}/judge` }],
      concurrency: 2,
    });
    await eventually(async () => (await countPlanScores(db, id)).scored >= 10 || undefined);
    await sluice.runs.pause.mutate({ id });
    await untilWaiting(id);
    judge.become(() => 1);
    await sluice.runs.resume.mutate({ id });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed' });
    await judge.close();
    await keepHistory('paused-while-scored', id);
  });

  it('of a scoring of its own, by evaluators attached when the run had ended', async () => {
    await startWorker();
    const id = await start('/run');
    await untilFinal(sluice, id);
    const evaluator = { type: 'regex', name: 'has_number', pattern: 'number' } as const;
    const { scoringId } = await sluice.runs.score.mutate({ id, evaluators: [evaluator] });
    expect(await untilScored(scoringId)).toMatchObject({ status: 'completed', scored: 200 });
    await keepWorkflow(`score/${scoringId}`, 'scoring-completed');
  });

  it('of a scoring that cannot start', async () => {
    await startWorker();
    const id = await start('/run');
    await untilFinal(sluice, id);
    const evaluator = { type: 'function', name: 'absent', function: 'nowhere' } as const;
    const { scoringId } = await sluice.runs.score.mutate({ id, evaluators: [evaluator] });
    expect(await untilScored(scoringId)).toMatchObject({ status: 'failed' });
    await keepWorkflow(`score/${scoringId}`, 'scoring-refused');
  });

  it('paused and resumed', async () => {
    await startWorker();
    const id = await start();
    await underWay(id);
    await sluice.runs.pause.mutate({ id });
    await untilAtRest(db, id);
    await untilWaiting(id);
    await sluice.runs.resume.mutate({ id });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed' });
    await keepHistory('paused-and-resumed', id);
  });

  it('that went on after its budget was raised', async () => {
    await startWorker();
    const id = await start('/priced?usd=0.001', { budget: { maxCostUsd: 0.05 } });
    expect((await untilFinal(sluice, id)).counts.notRun).toBeGreaterThan(0);
    await keepHistory('over-budget', id);
    await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 1 });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed', counts: { succeeded: 200 } });
    await keepHistory('continued', id);
  });

  it('aborted', async () => {
    await startWorker();
    const id = await start();
    await underWay(id);
    await sluice.runs.abort.mutate({ id });
    await keepHistory('aborted', id);
  });

  it('failed before its first trial', async () => {
    await startWorker();
    const gone = await startStubAgent();
    await gone.close();
    const agent = { adapter: 'http', url: gone.url } as const;
    const id = await start('', { variants: { control: agent, candidate: agent } });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'failed', agentCalls: 0 });
    await keepHistory('failed-at-plan', id);
  });

  it('failed when its agent went away', async () => {
    await startWorker();
    const leaving = await startStubAgent();
    const agent = { adapter: 'http', url: `${leaving.url}/run?ms=5` } as const;
    const id = await start('', { variants: { control: agent, candidate: agent }, retries: 0 });
    await underWay(id);
    await leaving.close();
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'failed' });
    await keepHistory('agent-went-away', id);
  });

  it('taken over from a worker that was killed', async () => {
    const worker = await startWorkerProcess({
      databaseUrl,
      temporalNamespace,
      temporalAddress: inject('temporalAddress'),
      cacheDir: inject('cacheDir'),
    });
    const id = await start('/run?ms=20', { concurrency: 4 });
    await underWay(id);
    worker.kill('SIGKILL');
    await startWorker();
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ status: 'completed', counts: { planned: 200, succeeded: 200 } });
    // At most one call for each lane is made twice, and the count never says less than the agent's own.
    expect(stub.repeated()).toBeLessThanOrEqual(4);
    expect(run.agentCalls).toBeGreaterThanOrEqual(stub.calls());
    expect(run.agentCalls).toBeLessThanOrEqual(200 + 4);
    await keepHistory('worker-killed', id);
  });
});
