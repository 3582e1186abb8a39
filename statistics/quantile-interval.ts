import { binomialCdf, binomialUpper } from './binomial.ts';
import { checkConfidence, checkFinite } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { sortedQuantile } from './quantile.ts';

/**
 * Quantile (type 7) with the distribution-free interval between two order statistics: coverage at least `confidence` for any
 * continuous distribution, each tail at most (1 - confidence) / 2. Null when the sample is too small to have such order statistics
 * (p95 at 95 % needs 72 values); `estimate` is given all the same.
 */
export function quantileInterval(input: {
  readonly values: ArrayLike<number>;
  /** E.g. 0.5 or 0.95, strictly between 0 and 1. */
  readonly probability: number;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
}): IntervalResult {
  const { values, probability, confidence } = input;
  checkConfidence(confidence);
  checkFinite('values', values);
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`probability must be strictly between 0 and 1, found ${probability}`);
  }
  const n = values.length;
  if (n === 0) return { estimate: null, interval: null, reason: 'no values' };
  const sorted = Float64Array.from(values).sort();
  const estimate = sortedQuantile(sorted, probability);
  const tail = (1 - confidence) / 2;
  // X is the number of values below the true quantile. Order statistic l is above it when X < l, u is below when X >= u.
  let below = 0;
  let above = n;
  const guess = Math.floor(n * probability);
  for (let step = largestStep(n); step >= 1; step /= 2) {
    if (below + step <= guess && binomialCdf(below + step - 1, n, probability) <= tail) below += step;
    if (above - step >= guess && binomialUpper(above - step, n, probability) <= tail) above -= step;
  }
  if (below < 1 || binomialUpper(above, n, probability) > tail) {
    return {
      estimate,
      interval: null,
      reason: `${n} value${n === 1 ? '' : 's'} cannot bound the ${probability} quantile at confidence ${confidence}`,
    };
  }
  return { estimate, interval: [sorted[below - 1] as number, sorted[above - 1] as number], reason: null };
}

function largestStep(n: number): number {
  let step = 1;
  while (step * 2 <= n) step *= 2;
  return step;
}
