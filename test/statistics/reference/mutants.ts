import { clusterSums } from '../../../statistics/cluster-sums.ts';
import { mcnemarTest } from '../../../statistics/mcnemar-test.ts';
import { normalQuantile } from '../../../statistics/normal.ts';
import { studentTQuantile } from '../../../statistics/student-t.ts';
import type { Unit } from './rollout.ts';

/** Wrong ways that look right. Each must fail the A/A test the real way passes; see research notes on the rollout test. */

/** Pools the units of all stages and compares the two means: a drifting base rate meets a changing share (Simpson). */
export function pooledOverStages(units: readonly Unit[]): boolean {
  const candidate = units.filter(({ arm }) => arm === 'candidate').map(({ value }) => value);
  const control = units.filter(({ arm }) => arm === 'control').map(({ value }) => value);
  const [one, two] = [momentsOf(candidate), momentsOf(control)];
  const error = Math.sqrt(one.variance / candidate.length + two.variance / control.length);
  return (one.mean - two.mean) / error < normalQuantile(0.05);
}

/** Pairs the k-th outcome of each arm: at a share of 5 % the candidate's k-th outcome is days younger than control's. */
export function pairedByArrival(units: readonly Unit[]): boolean {
  const candidate = units.filter(({ arm }) => arm === 'candidate').map(({ value }) => value);
  const control = units.filter(({ arm }) => arm === 'control').map(({ value }) => value);
  const count = Math.min(candidate.length, control.length);
  const differences = Array.from({ length: count }, (_, k) => (candidate[k] as number) - (control[k] as number));
  const { mean, variance } = momentsOf(differences);
  return mean / Math.sqrt(variance / count) < normalQuantile(0.05);
}

/** McNemar over (example x repetition) rows, as if repetitions of an example were new examples. */
export function mcnemarOverRepetitions(
  rows: readonly { control: number; candidate: number }[],
  repetitions: number,
): boolean {
  let onlyControl = 0;
  let onlyCandidate = 0;
  for (const { control, candidate } of rows) {
    for (let r = 0; r < repetitions; r++) {
      const before = r < control;
      const after = r < candidate;
      if (before && !after) onlyControl++;
      if (after && !before) onlyCandidate++;
    }
  }
  return mcnemarTest({ onlyControl, onlyCandidate }).pValue <= 0.05;
}

/** t test of mean log cost ratios: compares geometric means, which may move against the bill. */
export function cheaperByLogRatio(candidate: Float64Array, control: Float64Array): boolean {
  const { mean, variance } = momentsOf(Array.from(candidate, (cost, i) => Math.log(cost / (control[i] as number))));
  const n = candidate.length;
  return mean + studentTQuantile(0.975, n - 1) * Math.sqrt(variance / n) < 0;
}

/** Clustered t as the textbook has it (sandwich on G - 1 degrees of freedom), used for a handful of unequal clusters. */
export function plainClusteredT(values: Float64Array, clusters: readonly number[]): boolean {
  const { sums, sizes } = clusterSums({ values, clusters });
  const count = sums.length;
  const n = values.length;
  const mean = sums.reduce((total, value) => total + value, 0) / n;
  const squares = sums.reduce((total, value, i) => total + (value - mean * (sizes[i] as number)) ** 2, 0);
  const error = Math.sqrt((count / (count - 1)) * squares) / n;
  return Math.abs(mean / error) > studentTQuantile(0.975, count - 1);
}

function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  let mean = 0;
  for (const value of values) mean += value;
  mean /= values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, variance: squares / (values.length - 1) };
}
