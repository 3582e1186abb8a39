import { bcaBounds } from './bca-bounds.ts';
import { checkConfidence, checkPaired } from './check.ts';
import { clusterSums } from './cluster-sums.ts';
import type { Generator } from './generator.ts';
import { takeState } from './generator-state.ts';
import type { IntervalResult } from './interval-result.ts';
import { resampleSums } from './resample-sums.ts';

/**
 * Ratio of arithmetic means candidate / control of paired non-negative amounts (money, tokens), with a BCa bootstrap that draws whole
 * units, or clusters when given. Never a mean of log ratios: a candidate with a mean 29 % higher and a geometric mean 11 %
 * lower would be called cheaper. Null below 2 units, when control's total is not above 0, or without spread.
 */
export function ratioOfMeansInterval(input: {
  readonly candidate: ArrayLike<number>;
  readonly control: ArrayLike<number>;
  readonly clusters?: ArrayLike<string | number> | undefined;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
  /** @default 10000 */
  readonly resamples?: number;
  readonly generator: Generator;
}): IntervalResult {
  checkConfidence(input.confidence);
  checkPaired('candidate', input.candidate, 'control', input.control);
  const top = clusterSums({ values: input.candidate, clusters: input.clusters }).sums;
  const bottom = clusterSums({ values: input.control, clusters: input.clusters }).sums;
  const n = top.length;
  if (n === 0) return { estimate: null, interval: null, reason: 'no pairs' };
  const totalTop = total(top);
  const totalBottom = total(bottom);
  if (!(totalBottom > 0)) return { estimate: null, interval: null, reason: "control's total is not above 0" };
  const estimate = totalTop / totalBottom;
  if (n === 1) return { estimate, interval: null, reason: 'one unit has no spread' };
  const leaveOneOut = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const rest = totalBottom - (bottom[i] as number);
    if (!(rest > 0)) return { estimate, interval: null, reason: "all of control's total comes from one unit" };
    leaveOneOut[i] = (totalTop - (top[i] as number)) / rest;
  }
  const resamples = input.resamples ?? 10_000;
  const state = takeState(input.generator);
  const resampled = resampleSums({ values: top, resamples, state });
  const divisors = resampleSums({ values: bottom, resamples, state });
  for (let r = 0; r < resamples; r++) {
    const divisor = divisors[r] as number;
    if (!(divisor > 0)) {
      return { estimate, interval: null, reason: "control's total comes from so few units that a resample has none" };
    }
    resampled[r] = (resampled[r] as number) / divisor;
  }
  return bcaBounds({
    estimate,
    resampled,
    leaveOneOut,
    confidence: input.confidence,
    // Sums of the same values in another order tie.
    rounding: 1e-12 * Math.abs(estimate),
  });
}

function total(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}
