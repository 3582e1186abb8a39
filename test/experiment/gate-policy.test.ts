import { describe, expect, it } from 'vitest';
import type { SluiceClient } from '../../client/create-client.ts';
import type { ExampleRow } from '../../schema/contracts/dataset.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

type StartInput = Parameters<SluiceClient['runs']['start']['mutate']>[0]['spec'];

const { sluice, as, db } = await useTestStack();
// 60 numbers; the even ones are English, the odd ones German and tagged twice; ten are golden.
await pushDataset(
  sluice,
  'numbers',
  numberedRows(60).map(
    (row, number): ExampleRow => ({
      ...row,
      metadata: number % 2 === 0 ? { language: 'en', level: 1 } : { language: 'de', level: 2, tags: ['hard', 'new'] },
      splits: number < 10 ? ['golden', 'all'] : ['all'],
    }),
  ),
);
const run = async (spec: Partial<StartInput>) => {
  const { id } = await sluice.runs.start.mutate({ spec: { ...experimentSpec(), ...spec } as StartInput });
  return untilFinal(sluice, id);
};
const better = { control: solver(20), candidate: solver(60) };

describe('a gate', () => {
  it('judges a slice of metadata, and compares the slices it is asked for', async () => {
    const result = await run({
      variants: better,
      gate: {
        criteria: [
          { metric: 'correct', slice: { language: 'de' }, hypothesis: 'superior' },
          { metric: 'correct', slice: { tags: 'hard', level: 2 } },
        ],
        slices: ['level'],
      },
    });
    expect(result.verdict).toBe('pass');
    expect(result.reasons[0]).toContain('correct on language = de: candidate solves 66.7 points more');
    expect(result.reasons[0]).toContain('n = 30');
    const slices = result.comparisons.filter(({ metric }) => metric === 'correct').map(({ slice, n }) => [slice, n]);
    expect(slices).toEqual([
      [undefined, 60],
      [{ language: 'de' }, 30],
      [{ tags: 'hard', level: '2' }, 30],
      [{ level: '1' }, 30],
      [{ level: '2' }, 30],
    ]);
  });

  it('refuses metadata that the dataset does not have before anything is called', async () => {
    await expect(run({ gate: { criteria: [{ metric: 'correct', slice: { language: 'fr' } }] } })).rejects.toThrow(
      /no example of dataset numbers@1 has language = fr/,
    );
    await expect(run({ gate: { profile: 'no_regression', slices: ['country'] } })).rejects.toThrow(
      /has the metadata key "country"/,
    );
  });

  it('of a profile protects the golden split, and calls a case that broke again before it fails it', async () => {
    const recite = (lines: string[]) => ({ adapter: 'function' as const, function: 'recite', parameters: { lines } });
    const golden = (candidate: string[]) =>
      run({
        dataset: 'numbers#golden',
        variants: { control: recite(['right']), candidate: recite(candidate) },
        evaluators: [{ type: 'contains', name: 'correct', value: 'right' }],
        gate: { criteria: [{ metric: 'correct', split: 'golden', mustPass: true }] },
      });
    const unlucky = await golden(['wrong', 'right', 'right', 'right', 'right']);
    expect(unlucky).toMatchObject({ verdict: 'pass', counts: { planned: 20, succeeded: 20 }, agentCalls: 20 + 30 });
    const broken = await golden(['wrong']);
    expect(broken).toMatchObject({ verdict: 'fail', action: 'roll_back', agentCalls: 20 + 20 });
    expect(broken.confirmations).toHaveLength(10);
    expect(broken.confirmations?.[0]).toMatchObject({ candidate: 'candidate', metric: 'correct', calls: 3, failed: 3 });
    const profile = await run({ dataset: 'numbers#all', variants: better, gate: { profile: 'no_regression' } });
    expect(profile.criteria.map(({ hypothesis }) => hypothesis)).toContain('must_pass');
  });

  it('is not needed to protect golden examples among those that run', async () => {
    const recite = (lines: string[]) => ({ adapter: 'function' as const, function: 'recite', parameters: { lines } });
    const broken = await run({
      dataset: 'numbers#golden',
      variants: { control: recite(['right']), candidate: recite(['wrong']) },
      evaluators: [{ type: 'contains', name: 'correct', value: 'right' }],
      gate: undefined,
    });
    expect(broken.criteria.map(({ hypothesis }) => hypothesis)).toContain('must_pass');
    expect(broken.verdict).toBe('fail');
    const elsewhere = await run({ dataset: 'numbers#all', variants: better, gate: undefined });
    expect(elsewhere.criteria.map(({ hypothesis }) => hypothesis)).not.toContain('must_pass');
  });

  it('states what the run can show at its launch, from an earlier run where there is one', async () => {
    await run({ name: 'planned-run', variants: better });
    const first = await run({ name: 'other-run', variants: better });
    expect(first.detectableEffects?.[0]).toMatchObject({ metric: 'correct', n: 60, power: 0.8, alpha: 0.05 });
    expect(first.detectableEffects?.[0]?.basis).toContain('assuming that 20 % of answers differ');
    const second = await run({ name: 'planned-run', variants: better });
    expect(second.detectableEffects?.[0]?.basis).toMatch(/^the spread of run_/);
    expect(second.detectableEffects?.[0]?.effect).toBeGreaterThan(0);
  });
});

describe('a backtest', () => {
  it('says what another policy would have said of past runs, and writes nothing', async () => {
    await run({ name: 'past', variants: better });
    await run({ name: 'past', variants: { control: solver(60), candidate: solver(20) } });
    await run({ name: 'past', variants: { control: solver(20), candidate: solver(20) } });
    const decisions = () => db.selectFrom('decision').select('id').execute();
    const before = await decisions();
    const policy = { criteria: [{ metric: 'correct', hypothesis: 'superior' as const }] };
    const answer = await as('viewer').gates.backtest.query({ policy, name: 'past' });
    expect(answer.runs.map(({ decided, verdict }) => [decided?.verdict, verdict])).toEqual([
      ['pass', 'inconclusive'],
      ['fail', 'fail'],
      ['pass', 'pass'],
    ]);
    expect(answer).toMatchObject({ counts: { pass: 1, fail: 1, inconclusive: 1 }, changed: 1 });
    expect(await decisions()).toEqual(before);
  });

  it('with the policy a run was judged by gives its verdict and reasons again', async () => {
    const criteria = [{ metric: 'correct', hypothesis: 'superior' as const, slice: { language: 'de' } }];
    const { id, reasons } = await run({ name: 'again', variants: better, gate: { criteria } });
    const answer = await sluice.gates.backtest.query({ policy: { criteria }, name: 'again' });
    expect(answer.runs).toMatchObject([{ id, verdict: 'pass', reasons }]);
  });

  it('is undecided about a metric that a run does not have, and refuses where there is no run', async () => {
    const policy = { criteria: [{ metric: 'polite' }] };
    const { runs } = await sluice.gates.backtest.query({ policy, runs: 1 });
    expect(runs[0]?.verdict).toBe('inconclusive');
    expect(runs[0]?.reasons[0]).toContain('the run has no metric "polite"');
    await expect(sluice.gates.backtest.query({ policy, name: 'nobody' })).rejects.toThrow(
      'no completed run named "nobody"',
    );
  });
});
