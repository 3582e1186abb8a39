import { afterAll, describe, expect, inject, it } from 'vitest';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { eventually } from '../support/eventually.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal, untilRun } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { startStubJudge } from '../support/stub-judge.ts';
import { useTestStack } from '../support/test-stack.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const { as, databaseUrl, db, sluice, startWorker, stopWorkers, temporalNamespace } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(40));
const agent = await startStubAgent();
const judge = await startStubJudge(() => 1);
afterAll(() => Promise.all([agent.close(), judge.close()]));

const endedRun = async (more: Partial<ExperimentSpec> = {}) => {
  const variants = { control: solver(20), candidate: solver(30) };
  const { id } = await sluice.runs.start.mutate({ spec: experimentSpec({ variants, ...more }) });
  return untilFinal(sluice, id);
};
const untilScored = (id: string | null, timeoutMs = 30_000) =>
  eventually(async () => {
    const scoring = await sluice.runs.scoring.query({ id: id ?? '' });
    return scoring.status === 'completed' || scoring.status === 'failed' ? scoring : undefined;
  }, timeoutMs);
const attach = async (id: string, evaluator: EvaluatorConfig) => {
  const { scoringId } = await sluice.runs.score.mutate({ id, evaluators: [evaluator] });
  return untilScored(scoringId);
};
const exact = { type: 'regex', name: 'is_whole', pattern: '^A: \\d+$' } satisfies EvaluatorConfig;

describe('an evaluator attached to a run that has ended', () => {
  it('is measured and compared beside the metrics of the run, whose decision stays as it was', async () => {
    const before = await endedRun({ gate: { criteria: [{ metric: 'correct', hypothesis: 'superior' }] } });
    const decided = await db.selectFrom('decision').selectAll().where('run_id', '=', before.id).execute();
    const frozen = await db.selectFrom('evidence').selectAll().where('run_id', '=', before.id).execute();
    expect(await attach(before.id, exact)).toMatchObject({ status: 'completed', toScore: 80, scored: 80, errors: 0 });

    const run = await sluice.runs.get.query({ id: before.id });
    const { attached, metrics, comparisons, ...rest } = run;
    expect(attached).toMatchObject([{ name: 'is_whole', version: 1, by: 'person:engineer' }]);
    expect(metrics.slice(0, before.metrics.length)).toEqual(before.metrics);
    expect(metrics.slice(before.metrics.length)).toMatchObject([
      { metric: 'is_whole', variant: 'control', n: 40, mean: 0.5 },
      { metric: 'is_whole', variant: 'candidate', n: 40, mean: 0.75 },
    ]);
    expect(comparisons.slice(before.comparisons.length)).toMatchObject([
      { metric: 'is_whole', candidate: 'candidate', n: 40, improved: 10, regressed: 0 },
    ]);
    // All that decided anything is what it was, to the byte.
    expect(rest).toEqual({ ...before, metrics: undefined, comparisons: undefined });
    expect(await db.selectFrom('decision').selectAll().where('run_id', '=', before.id).execute()).toEqual(decided);
    expect(await db.selectFrom('evidence').selectAll().where('run_id', '=', before.id).execute()).toEqual(frozen);
  });

  it('shows in the examples and in the diff of the run', async () => {
    const { id } = await endedRun();
    await attach(id, exact);
    const { examples, improved } = await sluice.runs.examples.query({ id, metric: 'is_whole' });
    expect(improved).toBe(10);
    expect(examples[0]?.answers.map(({ scores }) => scores.is_whole)).toEqual([1, 0]);
    const diff = await sluice.runs.diff.query({
      a: { run: id, variant: 'control' },
      b: { run: id, variant: 'candidate' },
      metric: 'is_whole',
    });
    expect(diff.counts.improved).toBe(10);
  });

  it('twice is scored once, also when it is asked for twenty times at once', async () => {
    const { id } = await endedRun();
    const asked = await Promise.all(
      Array.from({ length: 20 }, () => sluice.runs.score.mutate({ id, evaluators: [exact] })),
    );
    expect(asked.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(asked.map(({ scoringId }) => scoringId)).size).toBe(1);
    await untilScored(asked[0]?.scoringId ?? null);
    const again = await sluice.runs.score.mutate({ id, evaluators: [exact] });
    expect(again).toMatchObject({ created: false, scoringId: asked[0]?.scoringId });
    expect((await sluice.runs.get.query({ id })).attached).toHaveLength(1);
  });

  it('under a key of its own is attached once; the key with others beside it is refused', async () => {
    const { id } = await endedRun();
    const start = (...evaluators: EvaluatorConfig[]) =>
      sluice.runs.score.mutate({ id, evaluators, idempotencyKey: 'mine' });
    const first = await start(exact);
    expect(await start(exact)).toMatchObject({ created: false, scoringId: first.scoringId });
    const more = await refusalOf(start(exact, { type: 'regex', name: 'has_a', pattern: 'A' }));
    expect(more).toMatchObject({ code: 'conflict', message: expect.stringContaining('attached other evaluators') });
    await untilScored(first.scoringId);
  });

  it('that the run has itself is not scored again', async () => {
    const own = { type: 'regex', name: 'own', pattern: 'A' } satisfies EvaluatorConfig;
    const { id } = await endedRun({ evaluators: [own] });
    expect(await sluice.runs.score.mutate({ id, evaluators: [own] })).toMatchObject({
      created: false,
      scoringId: null,
    });
  });

  it('by name of a stored version is found', async () => {
    const { id } = await endedRun();
    await attach(id, exact);
    const other = await endedRun();
    const { scoringId } = await sluice.runs.score.mutate({ id: other.id, evaluators: [{ use: 'is_whole@1' }] });
    expect(await untilScored(scoringId)).toMatchObject({ status: 'completed', scored: 80 });
  });

  it('judges what an aborted run had answered', async () => {
    const slow = { adapter: 'http', url: `${agent.url}/run?ms=30` } as const;
    const { id } = await sluice.runs.start.mutate({
      spec: experimentSpec({ variants: { control: slow, candidate: slow }, evaluators: [], concurrency: 2 }),
    });
    await untilRun(sluice, id, ({ counts }) => counts.succeeded >= 10);
    await sluice.runs.abort.mutate({ id });
    await eventually(async () => {
      const shards = await db.selectFrom('shard').select('lanes').where('run_id', '=', id).execute();
      return shards.every(({ lanes }) => lanes === 0) || undefined;
    });
    const { succeeded } = (await sluice.runs.get.query({ id })).counts;
    const scoring = await attach(id, { type: 'regex', name: 'any', pattern: 'number' });
    expect(scoring).toMatchObject({ status: 'completed', scored: succeeded });
    const run = await sluice.runs.get.query({ id });
    expect(run).toMatchObject({ status: 'aborted', verdict: null, attached: [{ name: 'any' }] });
    expect(run.metrics.find(({ metric, variant }) => metric === 'any' && variant === 'control')?.mean).toBe(1);
  });

  it('that throws leaves missing scores, which are told and are no zeros', async () => {
    const { id } = await endedRun();
    const scoring = await attach(id, { type: 'function', name: 'broken', function: 'throws' });
    expect(scoring).toMatchObject({ status: 'completed', scored: 80, errors: 80 });
    const run = await sluice.runs.get.query({ id });
    expect(run.metrics.find(({ metric }) => metric === 'broken')).toMatchObject({ n: 0, mean: null });
    expect(run.failures).toContainEqual(
      expect.objectContaining({ variant: 'control', errorClass: 'evaluator broken', causedBy: 'evaluator', count: 40 }),
    );
  });

  it('again asks only for the judgements that broke, and shows what it said last', async () => {
    const { id } = await endedRun();
    judge.become((asked) => (asked.includes('"number":3}') ? null : 1));
    const evaluator = { type: 'http', name: 'shaky', url: `${judge.url}/judge` } as const;
    expect(await attach(id, evaluator)).toMatchObject({ scored: 80, errors: 2 });
    judge.become(() => 1);
    const calls = judge.calls();
    expect(await attach(id, evaluator)).toMatchObject({ scored: 80, errors: 0 });
    expect(judge.calls() - calls).toBe(2);
    const run = await sluice.runs.get.query({ id });
    expect(run.attached).toHaveLength(1);
    expect(run.metrics.filter(({ metric }) => metric === 'shaky')).toMatchObject([{ n: 40 }, { n: 40 }]);
    expect(run.failures).toEqual([]);
    expect((await sluice.runs.examples.query({ id, metric: 'shaky' })).improved).toBe(0);
  });

  it('is stopped on command: what it said stays, and attached again it judges what is left', async () => {
    const { id } = await endedRun();
    judge.become(() => 1, 100);
    const evaluators = [{ type: 'http', name: 'slow', url: `${judge.url}/judge`, limits: { concurrency: 2 } }] as const;
    const { scoringId } = await sluice.runs.score.mutate({ id, evaluators: [...evaluators] });
    const scoring = scoringId ?? '';
    await eventually(async () => (await sluice.runs.scoring.query({ id: scoring })).scored >= 4 || undefined);
    expect((await refusalOf(as('viewer').runs.abort.mutate({ id: scoring }))).code).toBe('forbidden');
    const stopped = await sluice.runs.abort.mutate({ id: scoring, reason: 'the wrong judge' });
    expect(stopped).toEqual({ id: scoring, status: 'aborted', changed: true });
    expect(await sluice.runs.abort.mutate({ id: scoring })).toMatchObject({ changed: false });
    await eventually(async () => {
      const shards = await db.selectFrom('score_shard').select('lanes').where('scoring_id', '=', scoring).execute();
      return shards.every(({ lanes }) => lanes === 0) || undefined;
    });
    const { scored, ...rest } = await sluice.runs.scoring.query({ id: scoring });
    expect(scored).toBeLessThan(80);
    expect(rest).toMatchObject({
      status: 'failed',
      errors: 0,
      error: { message: 'stopped by engineer: the wrong judge' },
    });
    const calls = judge.calls();
    judge.become(() => 1);
    const again = await sluice.runs.score.mutate({ id, evaluators: [...evaluators] });
    expect(again).toMatchObject({ created: true });
    expect(await untilScored(again.scoringId)).toMatchObject({ status: 'completed', scored: 80 });
    expect(judge.calls() - calls).toBe(80 - scored);
    const ended = await refusalOf(sluice.runs.abort.mutate({ id: again.scoringId ?? '' }));
    expect(ended).toMatchObject({ code: 'conflict', message: expect.stringContaining('is completed') });
  });

  it('that no worker can run fails by itself; the run stays as it is', async () => {
    const { id, status } = await endedRun();
    const scoring = await attach(id, { type: 'function', name: 'absent', function: 'nowhere' });
    expect(scoring.status).toBe('failed');
    expect(scoring.error?.message).toContain('nowhere');
    expect(await sluice.runs.get.query({ id })).toMatchObject({ status, error: null });
  });
});

describe('an evaluator is not attached', () => {
  it('while the run goes on', async () => {
    const hanging = { adapter: 'http', url: `${agent.url}/run?ms=5000` } as const;
    const { id } = await sluice.runs.start.mutate({
      spec: experimentSpec({ variants: { control: hanging, candidate: hanging }, evaluators: [] }),
    });
    const refusal = await refusalOf(sluice.runs.score.mutate({ id, evaluators: [exact] }));
    expect(refusal).toMatchObject({ code: 'conflict', message: expect.stringContaining(id) });
    await sluice.runs.abort.mutate({ id });
  });

  it('under the name of another metric of the run', async () => {
    const { id } = await endedRun();
    const named = (name: string) => refusalOf(sluice.runs.score.mutate({ id, evaluators: [{ ...exact, name }] }));
    expect(await named('correct')).toMatchObject({ code: 'conflict', message: expect.stringContaining('"correct"') });
    expect(await named('latencyMs')).toMatchObject({ code: 'conflict', message: expect.stringContaining('built-in') });
    await attach(id, exact);
    const other = { ...exact, pattern: 'other' };
    expect(await refusalOf(sluice.runs.score.mutate({ id, evaluators: [other] }))).toMatchObject({ code: 'conflict' });
  });

  it('with a mistake in it, which is named', async () => {
    const { id } = await endedRun();
    const wrong = { type: 'regex', name: 'x', patern: 'y' } as never;
    const refusal = await refusalOf(sluice.runs.score.mutate({ id, evaluators: [wrong] }));
    expect(refusal).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('patern') });
  });

  it('by somebody who may only look', async () => {
    const { id } = await endedRun();
    const refusal = await refusalOf(as('viewer').runs.score.mutate({ id, evaluators: [exact] }));
    expect(refusal).toMatchObject({ code: 'forbidden' });
  });
});

describe('a judge attached to 5,000 trials', () => {
  it('calls no agent, goes on after its worker was killed, and is compared', { timeout: 120_000 }, async () => {
    await pushDataset(sluice, 'many', numberedRows(2_500));
    const echo = { adapter: 'http', url: `${agent.url}/run` } as const;
    const before = await endedRun({
      dataset: 'many',
      variants: { control: echo, candidate: { ...echo, url: `${agent.url}/run?which=candidate` } },
      evaluators: [],
      concurrency: 32,
    });
    expect(before.counts.succeeded).toBe(5_000);
    const agentCalls = agent.calls();
    const judgeCalls = judge.calls();
    await stopWorkers();
    const worker = await startWorkerProcess({
      databaseUrl,
      temporalNamespace,
      temporalAddress: inject('temporalAddress'),
      cacheDir: inject('cacheDir'),
    });
    // Good on even numbers.
    judge.become((asked) => (/"number":\d*[02468]}/.test(asked) ? 1 : 0), 5);
    const evaluator = { type: 'http', name: 'helpful', url: `${judge.url}/judge`, kind: 'binary' } as const;
    const { scoringId } = await sluice.runs.score.mutate({ id: before.id, evaluators: [evaluator] });
    await eventually(async () => {
      const { scored } = await sluice.runs.scoring.query({ id: scoringId ?? '' });
      return scored >= 1_000 || undefined;
    }, 60_000);
    worker.kill('SIGKILL');
    await startWorker();
    expect(await untilScored(scoringId, 90_000)).toMatchObject({
      status: 'completed',
      toScore: 5_000,
      scored: 5_000,
      errors: 0,
    });
    expect(agent.calls()).toBe(agentCalls);
    // Each answer is asked about once, but for those in flight when the worker was killed.
    expect(judge.calls() - judgeCalls).toBeGreaterThanOrEqual(5_000);
    expect(judge.calls() - judgeCalls).toBeLessThanOrEqual(5_000 + 32);
    const rows = await db
      .selectFrom('score')
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .where('subject_id', 'like', `${before.id}-%`)
      .executeTakeFirstOrThrow();
    expect(Number(rows.rows)).toBe(5_000);
    const run = await sluice.runs.get.query({ id: before.id });
    expect(run.comparisons.find(({ metric }) => metric === 'helpful')).toMatchObject({ n: 2_500, estimate: 0 });
    expect(run.metrics.find(({ metric }) => metric === 'helpful')).toMatchObject({ n: 2_500, mean: 0.5 });
  });
});
