import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { Criterion } from '../../schema/contracts/gate.ts';
import type { Direction, Verdict } from '../../schema/contracts/words.ts';
import { evidenceOf, metricOf, pairsOf } from './build-evidence.ts';

// 95 % paired Newcombe intervals of 200 examples, rounded: what each verdict below is read from.
const better = { both: 100, onlyControl: 5, onlyCandidate: 35, neither: 60 }; // +0.15, [0.09, 0.21]
const level = { both: 140, onlyControl: 5, onlyCandidate: 5, neither: 50 }; // 0, [-0.04, 0.04]
const worse = { both: 100, onlyControl: 35, onlyCandidate: 5, neither: 60 }; // -0.15, [-0.21, -0.09]

function judge(table: typeof better, criterion: Omit<Criterion, 'metric'>, direction: Direction = 'higher') {
  const evidence = evidenceOf([metricOf('correct', pairsOf(table), { direction })]);
  const judged = judgeExperiment({ criteria: [{ metric: 'correct', ...criterion }] }, evidence, { seed: 's' });
  return { ...judged, criterion: judged.criteria[0] };
}

const rules: [string, typeof better, Omit<Criterion, 'metric'>, Verdict][] = [
  ['superior passes when the whole interval is above 0', better, { hypothesis: 'superior' }, 'pass'],
  ['superior fails when the whole interval is below 0', worse, { hypothesis: 'superior' }, 'fail'],
  ['superior is undecided when the interval contains 0', level, { hypothesis: 'superior' }, 'inconclusive'],
  ['no_regression passes on a gain', better, { hypothesis: 'no_regression' }, 'pass'],
  ['no_regression passes when no harm is shown', level, { hypothesis: 'no_regression' }, 'pass'],
  ['no_regression fails on shown harm', worse, { hypothesis: 'no_regression' }, 'fail'],
  ['no_regression is what an empty hypothesis means', worse, {}, 'fail'],
  [
    'non_inferior passes when the loss is within the margin',
    level,
    { hypothesis: 'non_inferior', margin: 0.1 },
    'pass',
  ],
  [
    'non_inferior is undecided when the margin is inside the interval',
    level,
    { hypothesis: 'non_inferior', margin: 0.02 },
    'inconclusive',
  ],
  [
    'non_inferior fails when the loss is beyond the margin',
    worse,
    { hypothesis: 'non_inferior', margin: 0.05 },
    'fail',
  ],
  ["marginRelative is a share of control's mean", level, { hypothesis: 'non_inferior', marginRelative: 0.14 }, 'pass'],
  [
    "marginRelative is a share of control's mean, not of 1",
    worse,
    { hypothesis: 'non_inferior', marginRelative: 0.1 },
    'fail',
  ],
  ['absolute passes when the interval is above min', level, { hypothesis: 'absolute', min: 0.6 }, 'pass'],
  ['absolute fails when the interval is below min', level, { hypothesis: 'absolute', min: 0.9 }, 'fail'],
  [
    'absolute is undecided when the interval contains min',
    level,
    { hypothesis: 'absolute', min: 0.72 },
    'inconclusive',
  ],
  ['absolute passes when the interval is below max', level, { hypothesis: 'absolute', max: 0.9 }, 'pass'],
  ['absolute fails when the interval is above max', level, { hypothesis: 'absolute', max: 0.5 }, 'fail'],
];

describe('the interval alone decides', () => {
  it.each(rules)('%s', (_, table, criterion, verdict) => {
    expect(judge(table, criterion).criterion?.verdict).toBe(verdict);
  });

  it('turns around where lower is better', () => {
    expect(judge(worse, { hypothesis: 'superior' }, 'lower').verdict).toBe('pass');
    expect(judge(better, { hypothesis: 'no_regression' }, 'lower').verdict).toBe('fail');
    const { comparisons } = judge(better, { hypothesis: 'superior' }, 'lower');
    expect(comparisons[0]).toMatchObject({ estimate: 0.15, improved: 5, regressed: 35 });
  });

  it('a wider confidence can take a verdict back', () => {
    const table = { both: 100, onlyControl: 10, onlyCandidate: 22, neither: 68 };
    expect(judge(table, { hypothesis: 'superior' }).verdict).toBe('pass');
    const strict = judge(table, { hypothesis: 'superior', confidence: 0.999 });
    expect(strict.verdict).toBe('inconclusive');
    expect(strict.comparisons.map(({ confidence }) => confidence)).toEqual([0.999, 0.95]);
  });

  it('a loss that is shown but within the margin passes with a warning', () => {
    const judged = judge(worse, { hypothesis: 'non_inferior', margin: 0.3 });
    expect(judged.verdict).toBe('pass');
    expect(judged.criterion?.warning).toBe('a loss is shown, within the tolerated margin');
    expect(judged.warnings).toEqual(['correct, candidate: a loss is shown, within the tolerated margin.']);
  });

  it('an undecided superiority says about how many examples would decide it', () => {
    const table = { both: 100, onlyControl: 10, onlyCandidate: 16, neither: 74 };
    const { reasons } = judge(table, { hypothesis: 'superior' });
    expect(reasons[0]).toMatch(/cannot tell: the interval contains 0; about \d+ examples would be needed/);
  });

  it('swapping control and candidate turns every verdict around', () => {
    const forward = judge(better, { hypothesis: 'superior' }).comparisons[0];
    const backward = judge(worse, { hypothesis: 'superior' }).comparisons[0];
    expect(backward?.estimate).toBe(-(forward?.estimate ?? 0));
    expect(backward?.interval?.[0]).toBeCloseTo(-(forward?.interval?.[1] ?? 0), 12);
    expect(backward?.pValue).toBe(forward?.pValue);
  });
});
