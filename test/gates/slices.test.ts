import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

// 200 examples; the odd half is German. The candidate gains in English and loses in German.
const german = (i: number) => i % 2 === 1;
const control = listOf(200, (i) => (i % 20 < 10 ? 1 : 0));
const candidate = listOf(200, (i) => (german(i) ? (i % 20 < 4 ? 1 : 0) : i % 20 < 16 ? 1 : 0));
const slices = {
  language: {
    en: Uint32Array.from(listOf(100, (i) => 2 * i)),
    de: Uint32Array.from(listOf(100, (i) => 2 * i + 1)),
  },
  tier: { 1: Uint32Array.from(listOf(50, (i) => i)), 2: Uint32Array.from(listOf(150, (i) => 50 + i)) },
};
const evidence = evidenceOf([metricOf('correct', { control, candidate })], {
  slices,
  splits: { golden: Uint32Array.from(listOf(40, (i) => i)) },
});
const options = { seed: 's' };
const judge = (criterion: Partial<GatePolicy['criteria'][number]>, more: Partial<GatePolicy> = {}) =>
  judgeExperiment({ criteria: [{ metric: 'correct', ...criterion }], ...more }, evidence, options);

describe('a criterion on a slice', () => {
  it('judges the examples with that metadata only, and says so', () => {
    expect(judge({}).verdict).toBe('pass');
    const judged = judge({ slice: { language: 'de' } });
    expect(judged.verdict).toBe('fail');
    expect(judged.reasons[0]).toMatch(/^correct on language = de: candidate solves 30\.0 points less .*n = 100/);
    expect(judged.comparisons.map(({ n, slice }) => [n, slice])).toEqual([
      [200, undefined],
      [100, { language: 'de' }],
    ]);
  });

  it('with several keys, or with a split, judges the examples that satisfy all', () => {
    expect(judge({ slice: { language: 'de', tier: 1 } }).reasons[0]).toContain('n = 25');
    expect(judge({ slice: { language: 'de' }, split: 'golden' }).reasons[0]).toMatch(
      /^correct on split golden, language = de: .*n = 20/,
    );
  });

  it('that no example is in cannot be told, and what there is is named', () => {
    const value = judge({ slice: { language: 'fr' } });
    expect(value.verdict).toBe('inconclusive');
    expect(value.reasons[0]).toContain('no example of the run has language = fr; language is one of: en, de');
    expect(judge({ slice: { country: 'de' } }).reasons[0]).toContain('has the metadata key "country"');
    const none = evidenceOf([metricOf('correct', { control, candidate })]);
    const policy: GatePolicy = { criteria: [{ metric: 'correct', slice: { language: 'de' } }] };
    expect(judgeExperiment(policy, none, options).verdict).toBe('inconclusive');
    const disjoint = { ...evidence, splits: { golden: Uint32Array.of(0, 2) } };
    const both: GatePolicy = { criteria: [{ metric: 'correct', split: 'golden', slice: { language: 'de' } }] };
    expect(judgeExperiment(both, disjoint, options).reasons[0]).toContain(
      'no example of the run is in split golden, language = de',
    );
  });
});

describe('slices of a policy', () => {
  it('are compared and warn of a loss, and decide nothing', () => {
    const judged = judge({}, { slices: ['language'] });
    expect(judged.verdict).toBe('pass');
    expect(judged.comparisons.slice(1).map(({ slice, verdict }) => [slice?.language, verdict])).toEqual([
      ['de', 'fail'],
      ['en', 'pass'],
    ]);
    expect(judged.warnings[0]).toMatch(/^correct on language = de: .*Benjamini-Hochberg over 2 slice comparisons/);
  });

  it('of many values a loss that chance explains is not called one', () => {
    // Twenty slices of 10; in one of them 6 of 10 break and none is gained: p = 0.03 alone.
    const many = listOf(200, () => 1);
    const one = many.map((_, i) => (i < 6 ? 0 : 1));
    const values = Object.fromEntries(
      listOf(20, (i) => i).map((i) => [`v${i}`, Uint32Array.from(listOf(10, (j) => 10 * i + j))]),
    );
    const lone = evidenceOf([metricOf('correct', { control: many, candidate: one })], { slices: { group: values } });
    const policy: GatePolicy = { criteria: [{ metric: 'correct', hypothesis: 'superior' }], slices: ['group'] };
    const { comparisons, warnings } = judgeExperiment(policy, lone, options);
    const v0 = comparisons.find(({ slice }) => slice?.group === 'v0');
    expect(v0?.pValue).toBeLessThan(0.05);
    expect(v0).toMatchObject({ verdict: 'inconclusive' });
    expect(v0?.reason).toContain('does not stand after Benjamini-Hochberg over 20 slice comparisons');
    expect(warnings).toEqual([]);
  });

  it('with an unknown key warn, and of a key with many values only the 20 most frequent are compared', () => {
    const values = Object.fromEntries(listOf(30, (i) => i).map((i) => [`v${i}`, Uint32Array.of(i)]));
    const wide = evidenceOf([metricOf('correct', { control, candidate })], { slices: { user: values } });
    const policy: GatePolicy = { criteria: [{ metric: 'correct' }], slices: ['user', 'country'] };
    const judged = judgeExperiment(policy, wide, options);
    expect(judged.comparisons).toHaveLength(21);
    expect(judged.warnings).toEqual([
      'slices: user has 30 values; the 20 most frequent are compared.',
      'slices: no example of the run has the metadata key "country".',
    ]);
  });
});

it('flaky examples are counted apart in every comparison with repetitions', () => {
  const twice = metricOf('correct', { control: [1, 0, 1, 1, 0, 0], candidate: [1, 1, 1, 1, 0, 0] });
  const judged = judgeExperiment(null, evidenceOf([twice], { repetitions: 2 }), options);
  expect(judged.comparisons[0]).toMatchObject({ n: 3, flaky: 1 });
  expect(judge({}).comparisons[0]?.flaky).toBeUndefined();
});
