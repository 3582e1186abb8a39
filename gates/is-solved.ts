import type { MetricEvidence } from '../schema/contracts/evidence.ts';

/** True when a value is the best the metric allows: a score of 1 (or the top of its range); 0 where lower is better. */
export function isSolved(metric: MetricEvidence, value: number): boolean {
  return metric.direction === 'higher' ? value >= (metric.range?.[1] ?? 1) : value <= (metric.range?.[0] ?? 0);
}

/** Below this share of repetitions an example that control sometimes solves is `flaky` (DESIGN §7). */
const steadyFrom = 0.9;

/** True when control solved an example in some of its repetitions, and in too few of them to hold a candidate to it. */
export function isFlaky(solved: number, repetitions: number): boolean {
  return solved > 0 && solved < steadyFrom * repetitions;
}
