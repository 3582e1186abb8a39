import { describe, expect, it } from 'vitest';
import { changedExamples } from '../../gates/changed-examples.ts';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import { evidenceOf, metricOf, pairsOf } from './build-evidence.ts';

/**
 * Two recorded models on 660 GSM8K questions (6b_finetuning is control, 6b_verification the candidate). Expected
 * values: statsmodels 0.15.0 `mcnemar(exact=True)`, scipy 1.17.1 `binomtest`, statsmodels
 * `proportion_confint(method='wilson')`, and Newcombe's method 10 computed from the latter.
 */
describe('two recorded GSM8K models', () => {
  const cells = pairsOf({ both: 121, onlyControl: 25, onlyCandidate: 145, neither: 369 });
  const evidence = evidenceOf([metricOf('correct', cells)]);
  const judged = judgeExperiment({ criteria: [{ metric: 'correct', hypothesis: 'superior' }] }, evidence, {
    seed: 's',
  });
  const [comparison] = judged.comparisons;
  const [control, candidate] = judged.metrics;

  it('agree with scipy and statsmodels on the test and its interval', () => {
    expect(comparison).toMatchObject({ n: 660, scale: 'difference', test: 'exact McNemar, paired Newcombe interval' });
    expect(comparison?.estimate).toBeCloseTo(0.1818181818181818, 12);
    expect((comparison?.pValue ?? 0) / 9.356427960246984e-22).toBeCloseTo(1, 9);
    expect(comparison?.interval?.[0]).toBeCloseTo(0.145290390040534, 12);
    expect(comparison?.interval?.[1]).toBeCloseTo(0.21776206051559294, 12);
  });

  it('agree with statsmodels on the pass rate of each', () => {
    expect(control?.mean).toBeCloseTo(146 / 660, 12);
    expect(control?.interval?.[0]).toBeCloseTo(0.19121017277716024, 12);
    expect(control?.interval?.[1]).toBeCloseTo(0.25444059954165926, 12);
    expect(candidate?.mean).toBeCloseTo(266 / 660, 12);
    expect(candidate?.interval?.[0]).toBeCloseTo(0.36627415678537123, 12);
    expect(candidate?.interval?.[1]).toBeCloseTo(0.44090872054291386, 12);
  });

  it('have 145 improved and 25 regressed examples, by id', () => {
    expect(comparison).toMatchObject({ improved: 145, regressed: 25 });
    const changed = changedExamples(evidence, 'correct', 'candidate');
    expect(changed.improved).toHaveLength(145);
    expect(changed.regressed).toEqual(Array.from({ length: 25 }, (_, index) => `e${121 + index}`));
    expect(changed.flaky).toEqual([]);
  });

  it('end in a verdict a person can read aloud', () => {
    expect(judged).toMatchObject({ verdict: 'pass', action: 'roll_forward', verdicts: { candidate: 'pass' } });
    expect(judged.reasons).toEqual([
      'correct: candidate solves 18.2 points more than control (40.3 % against 22.1 %; 95 % interval +14.5 to +21.8 points, ' +
        'n = 660, exact McNemar p < 0.0001): superior.',
    ]);
  });
});
