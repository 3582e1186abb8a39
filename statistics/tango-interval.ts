import { checkConfidence } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { normalQuantile } from './normal.ts';
import { checkPairedTable, type PairedTableInput } from './paired-newcombe-interval.ts';

/**
 * Difference candidate - control of two paired proportions: Tango's score interval (Statistics in Medicine 17, 1998), the
 * differences the score test does not reject. At 0 that test is McNemar's without correction. Null for an empty table.
 */
export function tangoInterval(input: PairedTableInput): IntervalResult {
  checkConfidence(input.confidence);
  const n = checkPairedTable(input);
  if (n === 0) return { estimate: null, interval: null, reason: 'no pairs' };
  const { onlyControl, onlyCandidate } = input;
  const estimate = (onlyCandidate - onlyControl) / n;
  const z = normalQuantile(1 - (1 - input.confidence) / 2);
  const score = (difference: number) => tangoScore({ onlyControl, onlyCandidate, n, difference });
  const low = estimate === -1 ? -1 : rootOf((difference) => score(difference) - z, -1, estimate);
  const high = estimate === 1 ? 1 : rootOf((difference) => score(difference) + z, estimate, 1);
  return { estimate, interval: [low, high], reason: null };
}

/** The score statistic (about standard normal) of "the true difference is `difference`"; falls as `difference` grows. */
function tangoScore(input: {
  readonly onlyControl: number;
  readonly onlyCandidate: number;
  readonly n: number;
  readonly difference: number;
}): number {
  const { onlyControl, onlyCandidate, n, difference } = input;
  const b = -onlyCandidate - onlyControl + (2 * n - onlyCandidate + onlyControl) * difference;
  const c = -onlyControl * difference * (1 - difference);
  // Constrained maximum-likelihood estimate of P(only control passes), the larger root of 2n q^2 + b q + c.
  const root = Math.sqrt(Math.max(0, b * b - 8 * n * c));
  const onlyControlShare = b <= 0 ? (root - b) / (4 * n) : (-2 * c) / (root + b);
  const variance = n * (2 * onlyControlShare + difference * (1 - difference));
  const numerator = onlyCandidate - onlyControl - n * difference;
  if (numerator === 0) return 0;
  if (variance <= 0) return numerator > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return numerator / Math.sqrt(variance);
}

/** Bisection of a falling function; the end of the bracket nearest the sign change when it has none inside. */
function rootOf(f: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
