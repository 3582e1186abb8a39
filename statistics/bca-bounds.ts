import { checkConfidence } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { sortedQuantile } from './quantile.ts';

/**
 * Bias-corrected and accelerated bootstrap bounds of any statistic (Efron 1987) from its resampled values and its
 * leave-one-out values: z0 = Phi^-1((#below + #at most) / 2B), acceleration = sum U^3 / (6 (sum U^2)^1.5) with U = mean of the
 * leave-one-outs - leave-one-out, type-7 quantiles at the adjusted levels. Null when the resamples or leave-one-outs
 * do not vary, or all resamples lie on one side of the estimate.
 */
export function bcaBounds(input: {
  readonly estimate: number;
  readonly resampled: ArrayLike<number>;
  readonly leaveOneOut: ArrayLike<number>;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
  /** Resampled values this near the estimate tie with it. @default 0 */
  readonly rounding?: number;
}): IntervalResult {
  const { estimate, resampled, leaveOneOut, confidence } = input;
  checkConfidence(confidence);
  const sorted = Float64Array.from(resampled).sort();
  const count = sorted.length;
  if (count === 0) return { estimate, interval: null, reason: 'no resamples' };
  if (sorted[0] === sorted[count - 1]) return { estimate, interval: null, reason: 'the resamples do not vary' };
  const acceleration = accelerationOf(leaveOneOut);
  if (acceleration === null) return { estimate, interval: null, reason: 'leaving out one unit changes nothing' };
  const rounding = input.rounding ?? 0;
  const below = countBelow(sorted, estimate - rounding, false);
  const atMost = countBelow(sorted, estimate + rounding, true);
  const bias = normalQuantile((below + atMost) / (2 * count));
  if (!Number.isFinite(bias)) {
    return { estimate, interval: null, reason: 'all resamples lie on one side of the estimate' };
  }
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const level = (shift: number) => normalCdf(bias + (bias + shift) / (1 - acceleration * (bias + shift)));
  return { estimate, interval: [sortedQuantile(sorted, level(-z)), sortedQuantile(sorted, level(z))], reason: null };
}

function accelerationOf(leaveOneOut: ArrayLike<number>): number | null {
  let mean = 0;
  for (let i = 0; i < leaveOneOut.length; i++) mean += leaveOneOut[i] as number;
  mean /= leaveOneOut.length;
  let squares = 0;
  let cubes = 0;
  for (let i = 0; i < leaveOneOut.length; i++) {
    const u = mean - (leaveOneOut[i] as number);
    squares += u * u;
    cubes += u * u * u;
  }
  if (squares === 0) return null;
  return cubes / (6 * squares ** 1.5);
}

function countBelow(sorted: Float64Array, limit: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = sorted[middle] as number;
    if (value < limit || (orEqual && value === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}
