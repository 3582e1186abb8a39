import { afterAll, describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { countPlanScores } from '../../store/scoring/count-scores.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { startStubJudge } from '../support/stub-judge.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20));
const [stub, judge] = [await startStubAgent(), await startStubJudge(() => 'right')];
afterAll(() => Promise.all([stub.close(), judge.close()]));

const agent = (path = '/run') => ({ adapter: 'http', url: `${stub.url}${path}` }) as const;
const model = { baseUrl: `${judge.url}/v1`, model: 'small' };
const start = async (more: Partial<ExperimentSpec>) => {
  const variants = { control: agent(), candidate: agent() };
  return (await sluice.runs.start.mutate({ spec: experimentSpec({ variants, retries: 0, ...more }) })).id;
};

describe('judges that call something', () => {
  it('that broke are asked again by a retry, about what they broke on and nothing else', async () => {
    judge.become((asked) => (/"number":1\d/.test(asked) ? null : 'right'));
    const evaluators: ExperimentSpec['evaluators'] = [
      {
        type: 'llm_judge',
        name: 'judged',
        ...model,
        prompt: 'Right? {{output}}',
        choices: { right: 1, wrong: 0 },
        cache: false,
      },
    ];
    const id = await start({ evaluators });
    const before = await untilFinal(sluice, id);
    expect(before).toMatchObject({ verdict: 'inconclusive', agentCalls: 40 });
    expect(await countPlanScores(db, id)).toMatchObject({ toScore: 40, scored: 40, errors: 20 });
    judge.become(() => 'right');
    const calls = judge.calls();
    const answer = await sluice.runs.retry.mutate({ id });
    expect(answer).toMatchObject({ changed: true, trials: 0, scores: 20 });
    const after = await untilFinal(sluice, id);
    expect(after).toMatchObject({ status: 'completed', failures: [], agentCalls: 40 });
    expect(judge.calls() - calls).toBe(20);
    expect(await countPlanScores(db, id)).toMatchObject({ toScore: 40, scored: 40, errors: 0 });
  });

  it('that broke in a run whose budget is spent are not asked again until it is raised', async () => {
    judge.become((asked) => (/"number":1\d/.test(asked) ? null : 'right'));
    const prices = { inputPerMillionUsd: 1_000, outputPerMillionUsd: 0 };
    const priced = { ...model, prices, prompt: 'Right? {{output}}', choices: { right: 1, wrong: 0 }, cache: false };
    const id = await start({
      evaluators: [{ type: 'llm_judge', name: 'judged', ...priced }],
      budget: { maxCostUsd: 5 },
    });
    await untilFinal(sluice, id);
    await db.updateTable('run').set({ budget_cap_usd: 0.1 }).where('id', '=', id).execute();
    const calls = judge.calls();
    const refusal = await refusalOf(sluice.runs.retry.mutate({ id }));
    expect(refusal).toMatchObject({
      code: 'conflict',
      message: `run ${id} has spent its budget of $0.1: 20 judgements could not be asked for again`,
      fix: expect.stringContaining(`sluice run budget ${id}`),
    });
    expect(await countPlanScores(db, id)).toMatchObject({ scored: 40, errors: 20 });
    expect(judge.calls()).toBe(calls);
    judge.become(() => 'right');
    await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 5 });
    expect(await sluice.runs.retry.mutate({ id })).toMatchObject({ changed: true, trials: 0, scores: 20 });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed', failures: [] });
  });

  it('that gave a win because control had failed compare once control was made again', async () => {
    judge.become(() => 'tie');
    const evaluators: ExperimentSpec['evaluators'] = [
      { type: 'pairwise', name: 'better', ...model, prompt: 'Which is shorter?', explanation: false },
    ];
    const id = await start({
      evaluators,
      variants: { control: agent('/flaky-some?modulo=2'), candidate: agent() },
    });
    const before = await untilFinal(sluice, id);
    const wins = (run: typeof before) =>
      run.metrics.find(({ metric, variant }) => metric === 'better' && variant === 'candidate')?.mean;
    expect(before.counts).toMatchObject({ succeeded: 30, failed: 10 });
    expect(wins(before)).toBe(0.75);
    await sluice.runs.retry.mutate({ id, only: 'failed' });
    const after = await untilFinal(sluice, id);
    expect(after.counts).toMatchObject({ succeeded: 40, failed: 0 });
    expect(wins(after)).toBe(0.5);
    expect(await countPlanScores(db, id)).toMatchObject({ toScore: 40, scored: 40, errors: 0 });
  });
});

it('a budget that ended the judging is raised, and the judges go on where they stopped', async () => {
  judge.become(() => 'right');
  const prices = { inputPerMillionUsd: 1_000, outputPerMillionUsd: 0 };
  const evaluators: ExperimentSpec['evaluators'] = [
    {
      type: 'llm_judge',
      name: 'judged',
      ...model,
      prices,
      prompt: 'Really right? {{output}} {{input}}',
      cache: false,
      choices: { right: 1, wrong: 0 },
    },
  ];
  // 11 tokens are $0.011 a judgement: 40 of them are $0.44.
  const id = await start({ evaluators, budget: { maxCostUsd: 0.2 }, concurrency: 2 });
  const short = await untilFinal(sluice, id);
  expect(short).toMatchObject({ status: 'completed', verdict: 'inconclusive', counts: { succeeded: 40, notRun: 0 } });
  const first = await countPlanScores(db, id);
  expect(first.scored).toBeLessThan(40);
  const calls = judge.calls();
  const raised = await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 1 });
  expect(raised).toMatchObject({ changed: true, left: 0, leftScores: 40 - first.scored });
  const whole = await untilFinal(sluice, id);
  expect(whole).toMatchObject({ status: 'completed', agentCalls: 40 });
  expect(whole.reasons.join()).not.toContain('of the budget');
  expect(judge.calls() - calls).toBe(40 - first.scored);
});
