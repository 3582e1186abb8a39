import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { ExperimentEvidence, MetricEvidence } from '../../schema/contracts/evidence.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

const random = createGenerator('choice of test');
const passes = (count: number) => listOf(count, () => (random.next() < 0.7 ? 1 : 0));
const amounts = (count: number, scale = 1) => listOf(count, () => scale * (0.5 + random.next()));

function testOf(metric: MetricEvidence, options: Partial<ExperimentEvidence> = {}): string | undefined {
  return judgeExperiment(null, evidenceOf([metric], options), { seed: 's' }).comparisons[0]?.test;
}
const clustersOf = (examples: number, clusters: number) =>
  listOf(examples, (i) => i % clusters).map((key) => `c${key}`);

describe('the test follows from the metric and the shape of the data', () => {
  it('pass/fail at one repetition: exact McNemar', () => {
    const metric = metricOf('correct', { control: passes(40), candidate: passes(40) });
    expect(testOf(metric)).toBe('exact McNemar, paired Newcombe interval');
  });

  it('pass/fail with repetitions: never McNemar over repetitions, but per-example means', () => {
    const metric = metricOf('correct', { control: passes(120), candidate: passes(120) });
    expect(testOf(metric, { repetitions: 3 })).toBe('sign-flip permutation, interval by inversion');
  });

  it('pass/fail with clusters: whole clusters are flipped', () => {
    const metric = metricOf('correct', { control: passes(120), candidate: passes(120) });
    expect(testOf(metric, { clusterKeys: clustersOf(120, 30) })).toBe(
      'sign-flip permutation over clusters, interval by inversion',
    );
  });

  it('cluster keys that no two examples share change nothing', () => {
    const metric = metricOf('correct', { control: passes(40), candidate: passes(40) });
    expect(testOf(metric, { clusterKeys: clustersOf(40, 40) })).toBe('exact McNemar, paired Newcombe interval');
  });

  it('clusters may be unequal at any number of them, so 100 and more are flipped too', () => {
    const metric = metricOf('correct', { control: passes(300), candidate: passes(300) });
    expect(testOf(metric, { clusterKeys: clustersOf(300, 100) })).toBe(
      'sign-flip permutation over clusters, interval by inversion',
    );
  });

  it('scores: sign flips inverted below 5,000 examples, then t', () => {
    const score = (n: number) =>
      metricOf('quality', { control: amounts(n, 0.5), candidate: amounts(n, 0.5) }, { kind: 'score' });
    expect(testOf(score(99))).toBe('sign-flip permutation, interval by inversion');
    expect(testOf(score(4_999))).toBe('sign-flip permutation, interval by inversion');
    expect(testOf(score(5_000))).toBe('t interval of paired differences');
  });

  it('money: the ratio of arithmetic means', () => {
    const cells = { control: amounts(50), candidate: amounts(50) };
    const metric = metricOf('costUsd', cells, { kind: 'money', direction: 'lower' });
    expect(testOf(metric)).toBe('ratio of means, sign-flip permutation, interval by inversion');
    expect(testOf(metric, { clusterKeys: clustersOf(50, 10) })).toContain('over clusters');
  });

  it('durations: p50 and p95, each with its own comparison', () => {
    const cells = { control: amounts(200, 100), candidate: amounts(200, 100) };
    const metric = metricOf('latencyMs', cells, { kind: 'duration', direction: 'lower' });
    const { comparisons, metrics } = judgeExperiment(null, evidenceOf([metric]), { seed: 's' });
    expect(comparisons.map(({ metric: name, test }) => `${name}: ${test}`)).toEqual([
      'latencyMs: difference of p50, paired bootstrap interval',
      'latencyMs: difference of p95, paired bootstrap interval',
    ]);
    expect(metrics[0]?.p95).toBeGreaterThan(metrics[0]?.p50 ?? Number.POSITIVE_INFINITY);
  });

  it('a metric called binary with a value that is neither 0 nor 1 is compared by means', () => {
    const metric = metricOf('correct', { control: [0.5, ...passes(39)], candidate: passes(40) });
    expect(testOf(metric)).toBe('sign-flip permutation, interval by inversion');
  });

  it('n counts trials in metrics and examples in comparisons', () => {
    const metric = metricOf('correct', { control: passes(120), candidate: passes(120) });
    const { metrics, comparisons } = judgeExperiment(null, evidenceOf([metric], { repetitions: 3 }), { seed: 's' });
    expect(metrics[0]?.n).toBe(120);
    expect(comparisons[0]?.n).toBe(40);
  });
});
