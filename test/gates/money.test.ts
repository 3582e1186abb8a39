import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { Criterion } from '../../schema/contracts/gate.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

const random = createGenerator('money');
const control = listOf(200, () => 0.01 + 0.01 * random.next());

function judge(candidate: number[], criterion: Omit<Criterion, 'metric'>) {
  const metric = metricOf('costUsd', { control, candidate }, { kind: 'money', direction: 'lower' });
  return judgeExperiment({ criteria: [{ metric: 'costUsd', ...criterion }] }, evidenceOf([metric]), { seed: 's' });
}
const scaled = (factor: number) => control.map((cost) => cost * factor * (0.95 + 0.1 * random.next()));

describe('cost', () => {
  it('10 % more passes a margin of 20 % with a warning, and fails one of 5 %', () => {
    const dearer = scaled(1.1);
    const within = judge(dearer, { hypothesis: 'non_inferior', marginRelative: 0.2 });
    expect(within.verdict).toBe('pass');
    expect(within.warnings).toHaveLength(1);
    expect(within.reasons[0]).toMatch(
      /^costUsd: candidate costs 1\d\.\d % more than control \(\$0\.0\d+ against \$0\.0\d+/,
    );
    expect(judge(dearer, { hypothesis: 'non_inferior', marginRelative: 0.05 }).verdict).toBe('fail');
    expect(judge(dearer, { hypothesis: 'no_regression' }).verdict).toBe('fail');
  });

  it('a margin in dollars is held against what control costs', () => {
    const dearer = scaled(1.1);
    expect(judge(dearer, { hypothesis: 'non_inferior', margin: 0.003 }).verdict).toBe('pass');
    expect(judge(dearer, { hypothesis: 'non_inferior', margin: 0.0005 }).verdict).toBe('fail');
  });

  it('is superior when the whole ratio is below 1', () => {
    const judged = judge(scaled(0.8), { hypothesis: 'superior' });
    expect(judged.verdict).toBe('pass');
    expect(judged.comparisons[0]).toMatchObject({ scale: 'ratio' });
    expect(judged.comparisons[0]?.interval?.[1]).toBeLessThan(1);
  });

  it('a candidate that is mostly cheaper and sometimes ruinous is called dearer', () => {
    // Nine of ten calls at 0.7, one at 7: the mean rises by 33 %, the mean logarithm falls by 13 %.
    const ruinous = control.map((cost, index) => cost * (index % 10 === 0 ? 7 : 0.7));
    expect(judge(ruinous, { hypothesis: 'superior' }).comparisons[0]?.estimate).toBeGreaterThan(1.2);
    expect(judge(ruinous, { hypothesis: 'superior' }).verdict).not.toBe('pass');
  });

  it('the same proportion in every pair is known exactly', () => {
    const doubled = control.map((cost) => 2 * cost);
    const judged = judge(doubled, { hypothesis: 'non_inferior', marginRelative: 0.2 });
    expect(judged.verdict).toBe('fail');
    expect(judged.comparisons[0]).toMatchObject({ estimate: 2, interval: [2, 2] });
    expect(judge([...control], { hypothesis: 'no_regression' }).verdict).toBe('pass');
  });

  it('the delta method of large runs agrees with the sign flips of smaller ones', () => {
    const many = (factor: number) =>
      listOf(5_000, (i) => factor * (control[i % 200] as number) * (0.5 + random.next()));
    const metric = (n: number, a: number[], b: number[]) =>
      evidenceOf([
        metricOf(
          'costUsd',
          { control: a.slice(0, n), candidate: b.slice(0, n) },
          { kind: 'money', direction: 'lower' },
        ),
      ]);
    const [before, after] = [many(1), many(1.1)];
    const intervalAt = (n: number) => judgeExperiment(null, metric(n, before, after), { seed: 's' }).comparisons[0];
    const [flipped, closed] = [intervalAt(4_999), intervalAt(5_000)];
    expect(closed?.test).toBe('ratio of means, t interval (delta method)');
    expect(flipped?.test).toContain('sign-flip');
    for (const end of [0, 1]) expect(closed?.interval?.[end]).toBeCloseTo(flipped?.interval?.[end] ?? 0, 2);
  });
});
