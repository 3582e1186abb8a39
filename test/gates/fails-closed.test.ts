import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { evidenceOf, listOf, metricOf, pairsOf } from './build-evidence.ts';

const cells = pairsOf({ both: 60, onlyControl: 2, onlyCandidate: 28, neither: 10 });
const options = { seed: 's' };
const only = (criterion: GatePolicy['criteria'][number]): GatePolicy => ({ criteria: [criterion] });

describe('what is unknown, missing or too small never passes', () => {
  it('a metric the run does not have is named beside those it has', () => {
    const judged = judgeExperiment(only({ metric: 'corect' }), evidenceOf([metricOf('correct', cells)]), options);
    expect(judged).toMatchObject({ verdict: 'inconclusive', action: 'hold' });
    expect(judged.reasons).toEqual(['corect: cannot tell: the run has no metric "corect"; it has: correct.']);
  });

  it('a split the run does not have, or an empty one, is named', () => {
    const evidence = evidenceOf([metricOf('correct', cells)], { splits: { golden: new Uint32Array(0) } });
    const absent = judgeExperiment(only({ metric: 'correct', split: 'gold' }), evidence, options);
    expect(absent.reasons[0]).toContain('the run has no split "gold"; it has: golden');
    const empty = judgeExperiment(only({ metric: 'correct', split: 'golden' }), evidence, options);
    expect(empty.reasons[0]).toContain('the split "golden" has no examples in this run');
    expect([absent.verdict, empty.verdict]).toEqual(['inconclusive', 'inconclusive']);
  });

  it('a cost that no trial reported decides nothing', () => {
    const none = listOf(100, () => Number.NaN);
    const cost = metricOf('costUsd', { control: none, candidate: none }, { kind: 'money', direction: 'lower' });
    const evidence = evidenceOf([metricOf('correct', cells), cost]);
    for (const criterion of [
      { metric: 'costUsd' },
      { metric: 'costUsd', hypothesis: 'non_inferior', marginRelative: 0.2 },
      { metric: 'costUsd', hypothesis: 'absolute', max: 1 },
    ] as const) {
      expect(judgeExperiment(only(criterion), evidence, options).verdict).toBe('inconclusive');
    }
    const { metrics } = judgeExperiment(null, evidence, options);
    expect(metrics.find(({ metric }) => metric === 'costUsd')).toMatchObject({
      n: 0,
      mean: null,
      interval: null,
      reason: 'no trial has a value',
    });
  });

  it('a run of which nothing came back is inconclusive, not free of regressions', () => {
    const gone = listOf(20, () => 0).map(() => 'missing' as const);
    const evidence = evidenceOf([metricOf('correct', { control: gone, candidate: gone })]);
    const judged = judgeExperiment(null, evidence, options);
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.comparisons[0]).toMatchObject({ n: 0, estimate: null, interval: null, pValue: null });
  });

  it('one missing value leaves a shown gain undecided and states the worst case', () => {
    const candidate = [...cells.candidate.slice(0, 99), 'missing' as const];
    const evidence = evidenceOf([metricOf('correct', { control: cells.control, candidate })]);
    const judged = judgeExperiment(only({ metric: 'correct', hypothesis: 'superior' }), evidence, options);
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.reasons[0]).toContain(
      '1 value is missing (0 of control, 1 of candidate; 0 tolerated); ' +
        'whatever they were, the difference lies between +26.0 and +27.0 points',
    );
    expect(judged.comparisons[0]).toMatchObject({ verdict: 'inconclusive', n: 99 });
    expect(judged.comparisons[0]?.reason).toContain('1 value is missing');
  });

  it('missing values up to maxMissing, control and candidate together, do not stand in the way', () => {
    const control = ['missing' as const, ...cells.control.slice(1)];
    const candidate = [...cells.candidate.slice(0, 99), 'missing' as const];
    const evidence = evidenceOf([metricOf('correct', { control, candidate })]);
    const tolerant = (maxMissing: number) =>
      judgeExperiment(only({ metric: 'correct', hypothesis: 'superior', maxMissing }), evidence, options).verdict;
    expect(tolerant(1)).toBe('inconclusive');
    expect(tolerant(2)).toBe('pass');
  });

  it('a value that is not a finite number counts as missing', () => {
    const score = metricOf(
      'quality',
      {
        control: listOf(30, (i) => i / 30),
        candidate: [Number.POSITIVE_INFINITY, ...listOf(29, () => 0.99)],
      },
      { kind: 'score' },
    );
    expect(judgeExperiment(only({ metric: 'quality' }), evidenceOf([score]), options).verdict).toBe('inconclusive');
  });

  it('missing values of control do not touch an absolute criterion on the candidate', () => {
    const control = ['missing' as const, ...cells.control.slice(1)];
    const evidence = evidenceOf([metricOf('correct', { control, candidate: cells.candidate })]);
    const policy = only({ metric: 'correct', hypothesis: 'absolute', min: 0.7 });
    expect(judgeExperiment(policy, evidence, options).verdict).toBe('pass');
  });

  it('a quantile of something that is no duration is refused', () => {
    const evidence = evidenceOf([metricOf('correct', cells)]);
    const judged = judgeExperiment(only({ metric: 'correct', quantile: 0.95 }), evidence, options);
    expect(judged.reasons[0]).toContain('quantile goes with durations, and "correct" is a binary');
  });

  it('fewer than 6 clusters cannot decide', () => {
    const clusterKeys = listOf(100, (i) => i % 5).map((key) => `c${key}`);
    const evidence = evidenceOf([metricOf('correct', cells)], { clusterKeys });
    const judged = judgeExperiment(only({ metric: 'correct', hypothesis: 'superior' }), evidence, options);
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.reasons[0]).toContain('5 clusters cannot decide, 6 are needed');
    expect(judgeExperiment(only({ metric: 'correct' }), evidence, options).verdict).toBe('inconclusive');
  });

  it('few examples without spread do not make an interval of width 0', () => {
    const same = { control: listOf(20, () => 1), candidate: listOf(20, () => 1) };
    const evidence = evidenceOf([metricOf('correct', same)], {
      exampleIds: listOf(10, (i) => i).map(String),
      repetitions: 2,
      clusterKeys: listOf(10, () => 0).map(() => null),
      identical: {},
    });
    const judged = judgeExperiment(
      only({ metric: 'correct', hypothesis: 'non_inferior', margin: 0.02 }),
      evidence,
      options,
    );
    expect(judged.verdict).toBe('inconclusive');
    const floor = judgeExperiment(only({ metric: 'correct', hypothesis: 'absolute', min: 0.95 }), evidence, options);
    expect(floor.verdict).toBe('inconclusive');
  });

  it('examples left out because a side has no value by nature are counted in a warning', () => {
    const latency = metricOf(
      'latencyMs',
      {
        control: listOf(100, (i) => 100 + i),
        candidate: [null, null, null, ...listOf(97, (i) => 100 + i)],
      },
      { kind: 'duration', direction: 'lower' },
    );
    const evidence = evidenceOf([metricOf('correct', cells), latency]);
    expect(judgeExperiment(null, evidence, options).warnings).toEqual([
      'latencyMs: 3 of 100 examples have no value for control or candidate and are left out.',
    ]);
  });

  it('evidence whose parts do not fit together is refused with the part that does not', () => {
    const evidence = evidenceOf([metricOf('correct', cells)], {
      exampleIds: ['only'],
      clusterKeys: [null],
      identical: {},
    });
    expect(() => judgeExperiment(null, evidence, options)).toThrow(
      'evidence.metrics.correct.values.control must have 1 entries, found 100',
    );
  });
});
