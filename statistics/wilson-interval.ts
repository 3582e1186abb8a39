import { checkConfidence, checkCount } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { normalQuantile } from './normal.ts';

export type ProportionInput = {
  readonly successes: number;
  readonly n: number;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
};

/** Wilson's score interval of one proportion, without continuity correction (Wilson 1927). Null for n = 0. */
export function wilsonInterval({ successes, n, confidence }: ProportionInput): IntervalResult {
  checkConfidence(confidence);
  checkProportion(successes, n);
  if (n === 0) return { estimate: null, interval: null, reason: 'no observations' };
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const p = successes / n;
  const denominator = 1 + (z * z) / n;
  const centre = (p + (z * z) / (2 * n)) / denominator;
  const half = (z / denominator) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const low = successes === 0 ? 0 : Math.max(0, centre - half);
  const high = successes === n ? 1 : Math.min(1, centre + half);
  return { estimate: p, interval: [low, high], reason: null };
}

/** Throws RangeError unless 0 <= successes <= n, both whole. */
export function checkProportion(successes: number, n: number): void {
  checkCount('n', n);
  checkCount('successes', successes);
  if (successes > n) throw new RangeError(`successes must be at most n = ${n}, found ${successes}`);
}
