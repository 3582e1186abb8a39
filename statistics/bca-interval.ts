import { bcaBounds } from './bca-bounds.ts';
import { checkConfidence, checkFinite } from './check.ts';
import type { Generator } from './generator.ts';
import { takeState } from './generator-state.ts';
import type { IntervalResult } from './interval-result.ts';
import { resampleSums } from './resample-sums.ts';

/**
 * BCa bootstrap interval of the mean of `differences` (Efron 1987, see `bcaBounds`). For 100 units and more: at 20 sparse +-1
 * differences it covers 66 % where it says 95 %; use `signFlipInterval` there. Null when all differences are equal.
 */
export function bcaInterval(input: {
  /** Per unit candidate - control. */
  readonly differences: ArrayLike<number>;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
  /** @default 10000 */
  readonly resamples?: number;
  readonly generator: Generator;
}): IntervalResult {
  checkConfidence(input.confidence);
  checkFinite('differences', input.differences);
  const values = Float64Array.from(input.differences);
  const n = values.length;
  if (n === 0) return { estimate: null, interval: null, reason: 'no pairs' };
  let total = 0;
  let magnitude = 0;
  for (const value of values) {
    total += value;
    magnitude += Math.abs(value);
  }
  const estimate = total / n;
  if (n === 1) return { estimate, interval: null, reason: 'one pair has no spread' };
  if (values.every((value) => value === values[0])) {
    return { estimate, interval: null, reason: 'all differences are equal' };
  }
  const resampled = resampleSums({ values, resamples: input.resamples ?? 10_000, state: takeState(input.generator) });
  const leaveOneOut = values.map((value) => total - value);
  const result = bcaBounds({
    estimate: total,
    resampled,
    leaveOneOut,
    confidence: input.confidence,
    // Sums of the same values in another order tie.
    rounding: 1e-13 * magnitude,
  });
  if (result.interval === null) return { estimate, interval: null, reason: result.reason };
  return { estimate, interval: [result.interval[0] / n, result.interval[1] / n], reason: null };
}
