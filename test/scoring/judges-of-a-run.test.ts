import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { countPlanScores } from '../../store/scoring/count-scores.ts';
import { eventually } from '../support/eventually.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { startStubJudge } from '../support/stub-judge.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(30));
/** Knows that 0.5 is never the answer. */
const byAnswer = (asked: string) => (asked.includes('A: 0.5') ? 'wrong' : 'right');
const judge = await startStubJudge(byAnswer);
beforeEach(() => judge.become(byAnswer));
afterAll(() => judge.close());

let prompts = 0;
/** A judge of its own, so that no other test has put its judgements into the cache. */
const llmJudge = (more: object = {}) => {
  prompts += 1;
  return {
    type: 'llm_judge' as const,
    name: 'judged',
    baseUrl: `${judge.url}/v1`,
    model: 'small',
    prompt: `Test ${prompts}. Is this right? {{output}}, asked {{input}}`,
    choices: { right: 1, wrong: 0 },
    ...more,
  };
};
const runOf = async (more: Partial<ExperimentSpec>) => {
  const { id } = await sluice.runs.start.mutate({
    spec: experimentSpec({ variants: { control: solver(20), candidate: solver(25) }, ...more }),
  });
  return id;
};

describe('a judge that calls a model', () => {
  it('scores every answer after the trials, and decides like any other metric', async () => {
    const calls = judge.calls();
    const id = await runOf({
      evaluators: [llmJudge()],
      gate: { criteria: [{ metric: 'judged', hypothesis: 'superior' }] },
    });
    const run = await untilFinal(sluice, id);
    expect(run.metrics.filter(({ metric }) => metric === 'judged')).toMatchObject([
      { variant: 'control', n: 30, mean: 20 / 30 },
      { variant: 'candidate', n: 30, mean: 25 / 30 },
    ]);
    expect(run.comparisons.find(({ metric }) => metric === 'judged')).toMatchObject({
      n: 30,
      improved: 5,
      regressed: 0,
    });
    // Where both variants say the same, one judgement is enough.
    expect(judge.calls() - calls).toBe(25 + 2 * 5);
    // Calls of judges are none of the agents'.
    expect(run.agentCalls).toBe(60);
    const { kinds } = await db
      .selectFrom('score')
      .select((eb) => eb.fn.agg<string[]>('array_agg', ['annotator_kind']).distinct().as('kinds'))
      .where('subject_id', 'like', `${id}-%`)
      .executeTakeFirstOrThrow();
    expect(kinds).toEqual(['LLM']);
  });

  it('is not asked again about content it has judged, and says that it was not', async () => {
    const first = llmJudge();
    await untilFinal(sluice, await runOf({ evaluators: [first] }));
    const calls = judge.calls();
    const again = await untilFinal(sluice, await runOf({ evaluators: [{ ...first, name: 'renamed' }] }));
    expect(judge.calls()).toBe(calls);
    expect(again.metrics.find(({ metric, variant }) => metric === 'renamed' && variant === 'control')).toMatchObject({
      n: 30,
      mean: 20 / 30,
    });
    const scores = await db
      .selectFrom('score')
      .select(['detail', 'cost_usd'])
      .where('subject_id', 'like', `${again.id}-%`)
      .execute();
    expect(scores.every(({ detail }) => (detail as { cached?: boolean }).cached === true)).toBe(true);
    expect(scores.every(({ cost_usd }) => cost_usd === null)).toBe(true);
  });

  it('is asked every time with cache: false', async () => {
    const evaluators = [llmJudge({ cache: false })];
    await untilFinal(sluice, await runOf({ evaluators }));
    const calls = judge.calls();
    await untilFinal(sluice, await runOf({ evaluators }));
    expect(judge.calls() - calls).toBe(60);
  });

  it('that fails leaves a missing score, counted among the failures, never a zero', async () => {
    judge.become((asked) => (asked.includes('"number":7}') ? null : byAnswer(asked)));
    const run = await untilFinal(
      sluice,
      await runOf({
        evaluators: [llmJudge({ prompt: 'Is this right? {{output}}, asked {{input}} (7 fails)' })],
        gate: { criteria: [{ metric: 'judged', hypothesis: 'no_regression' }] },
      }),
    );
    expect(run.metrics.find(({ metric, variant }) => metric === 'judged' && variant === 'control')).toMatchObject({
      n: 29,
      mean: 19 / 29,
    });
    expect(run.failures).toMatchObject([
      {
        variant: 'candidate',
        errorClass: 'evaluator judged',
        causedBy: 'evaluator',
        count: 1,
        of: 30,
        exampleId: 'e7',
      },
      { variant: 'control', errorClass: 'evaluator judged', causedBy: 'evaluator', count: 1, of: 30, exampleId: 'e7' },
    ]);
    expect(run.counts).toMatchObject({ succeeded: 60, failed: 0, missing: 0 });
    expect(run.verdict).toBe('inconclusive');
  });

  it('that cannot be reached ends the run before its first call', async () => {
    const gone = await startStubJudge(byAnswer);
    await gone.close();
    const run = await untilFinal(sluice, await runOf({ evaluators: [llmJudge({ baseUrl: `${gone.url}/v1` })] }));
    expect(run).toMatchObject({ status: 'failed', agentCalls: 0 });
    expect(run.error?.message).toContain('judged');
  });

  it('spends the budget of the run; at the cap the rest is missing, and the reason says how much', async () => {
    // A judgement of 11 and 7 tokens costs $0.01, a trial $0.001.
    const prices = { inputPerMillionUsd: 0, outputPerMillionUsd: 10_000 / 7 };
    const id = await runOf({
      evaluators: [llmJudge({ prices, cache: false })],
      concurrency: 4,
      budget: { maxCostUsd: 0.26 },
      gate: { criteria: [{ metric: 'judged', hypothesis: 'no_regression' }] },
    });
    const run = await untilFinal(sluice, id);
    expect(run.counts).toMatchObject({ succeeded: 60, notRun: 0 });
    const { scored, toScore, costUsd } = await countPlanScores(db, id);
    expect(toScore).toBe(60);
    // 0.06 for the trials leave 20 judgements, and those in flight.
    expect(scored).toBeGreaterThanOrEqual(20);
    expect(scored).toBeLessThanOrEqual(24);
    expect(costUsd).toBeCloseTo(scored * 0.01, 9);
    expect(run.costUsd).toBeCloseTo(0.06 + scored * 0.01, 9);
    expect(run.verdict).toBe('inconclusive');
    expect(run.reasons[0]).toContain(`${scored} of 60 scores of judges`);
  });

  it('is paused and resumed with the run', async () => {
    judge.become(byAnswer, 50);
    const id = await runOf({ evaluators: [llmJudge({ cache: false })], concurrency: 2 });
    await eventually(async () => (await countPlanScores(db, id)).scored >= 4 || undefined);
    await sluice.runs.pause.mutate({ id });
    await eventually(async () => {
      const { rows } = await lanesAtWork(id);
      return rows === 0 || undefined;
    });
    const { scored } = await countPlanScores(db, id);
    expect(scored).toBeLessThan(60);
    const calls = judge.calls();
    judge.become(byAnswer);
    await sluice.runs.resume.mutate({ id });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed' });
    // Only what had no score was asked about.
    expect(judge.calls() - calls).toBe(60 - scored);
  });

  it('protects golden examples: what it calls broken is called, and judged, again', async () => {
    await pushDataset(sluice, 'golden', numberedRows(12, { splits: ['golden'] }));
    const id = await runOf({
      dataset: 'golden',
      variants: { control: solver(12), candidate: solver(11) },
      evaluators: [llmJudge()],
      gate: { criteria: [{ metric: 'judged', split: 'golden', mustPass: true }] },
    });
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ status: 'completed', verdict: 'fail' });
    expect(run.confirmations).toMatchObject([{ metric: 'judged', exampleId: 'e11', failed: 3 }]);
  });

  it('shows in the progress of the run how far it is', async () => {
    judge.become(byAnswer, 20);
    const id = await runOf({ evaluators: [llmJudge()], concurrency: 4 });
    const seen: { scored: number | undefined; toScore: number | undefined }[] = [];
    await new Promise<void>((resolve, reject) => {
      sluice.runs.watch.subscribe(
        { id },
        {
          onData: ({ scored, toScore, final }) => {
            seen.push({ scored, toScore });
            if (final) resolve();
          },
          onError: reject,
        },
      );
    });
    expect(seen.at(-1)).toEqual({ scored: 60, toScore: 60 });
    expect(seen.some(({ scored = 0, toScore }) => scored < 60 && toScore === 60)).toBe(true);
  });
});

/** Lanes of score shards that work. */
async function lanesAtWork(runId: string): Promise<{ rows: number }> {
  const { rows } = await db
    .selectFrom('score_shard as h')
    .innerJoin('scoring as s', 's.id', 'h.scoring_id')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('s.run_id', '=', runId)
    .where('h.lanes', '>', 0)
    .executeTakeFirstOrThrow();
  return { rows: Number(rows) };
}

describe('a pairwise judge', () => {
  const pairwise = {
    type: 'pairwise' as const,
    name: 'preferred',
    prompt: 'Which answer is right? asked {{input}}',
    model: 'small',
  };

  it('compares each answer with control’s on the same example; control is even by itself, and is not asked about', async () => {
    const calls = judge.calls();
    // Prefers whichever answer is not 0.5.
    judge.become((asked) => {
      const [first = ''] = asked.split('Another answer');
      return first.includes('A: 0.5') ? 'B' : 'A';
    });
    const id = await runOf({ evaluators: [{ ...pairwise, baseUrl: `${judge.url}/v1` }] });
    const run = await untilFinal(sluice, id);
    const level = (variant: string) => run.metrics.find((one) => one.metric === 'preferred' && one.variant === variant);
    expect(level('control')).toMatchObject({ n: 30, mean: 0.5 });
    // Five of thirty answers differ, and win; equal ones are even without a call.
    expect(level('candidate')).toMatchObject({ n: 30 });
    expect(level('candidate')?.mean).toBeCloseTo((25 * 0.5 + 5) / 30, 12);
    expect(judge.calls() - calls).toBe(10);
    const labels = await db
      .selectFrom('score as s')
      .innerJoin('trial as t', 't.id', 's.subject_id')
      .select('s.label')
      .distinct()
      .where('t.run_id', '=', id)
      .where('t.variant', '=', 'control')
      .execute();
    expect(labels).toEqual([{ label: 'control' }]);
  });
});
