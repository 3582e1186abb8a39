import { checkCount } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { wilsonInterval } from './wilson-interval.ts';

/** Pass/fail of the same examples in two variants: how many both passed, only one passed, neither passed. */
export type PairedTable = {
  readonly both: number;
  readonly onlyControl: number;
  readonly onlyCandidate: number;
  readonly neither: number;
};

export type PairedTableInput = PairedTable & {
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
};

/**
 * Difference candidate - control of two paired proportions: Newcombe's method 10 (Statistics in Medicine 17, 1998, paired
 * data): two Wilson intervals joined with the correlation phi, its numerator corrected for continuity. Null for an empty table.
 */
export function pairedNewcombeInterval(input: PairedTableInput): IntervalResult {
  const { both, onlyControl, onlyCandidate, confidence } = input;
  const n = checkPairedTable(input);
  if (n === 0) return { estimate: null, interval: null, reason: 'no pairs' };
  const candidate = wilsonInterval({ successes: both + onlyCandidate, n, confidence });
  const control = wilsonInterval({ successes: both + onlyControl, n, confidence });
  if (candidate.interval === null || control.interval === null) {
    return { estimate: null, interval: null, reason: 'no pairs' };
  }
  const difference = (onlyCandidate - onlyControl) / n;
  const phi = correlation(input, n);
  const candidateDown = candidate.estimate - candidate.interval[0];
  const candidateUp = candidate.interval[1] - candidate.estimate;
  const controlDown = control.estimate - control.interval[0];
  const controlUp = control.interval[1] - control.estimate;
  const down = Math.sqrt(Math.max(0, candidateDown ** 2 - 2 * phi * candidateDown * controlUp + controlUp ** 2));
  const up = Math.sqrt(Math.max(0, candidateUp ** 2 - 2 * phi * candidateUp * controlDown + controlDown ** 2));
  return {
    estimate: difference,
    interval: [Math.max(-1, difference - down), Math.min(1, difference + up)],
    reason: null,
  };
}

function correlation({ both, onlyControl, onlyCandidate, neither }: PairedTable, n: number): number {
  const margins = (both + onlyCandidate) * (onlyControl + neither) * (both + onlyControl) * (onlyCandidate + neither);
  if (margins === 0) return 0;
  const product = both * neither - onlyCandidate * onlyControl;
  const corrected = product > 0 ? Math.max(product - n / 2, 0) : product;
  return corrected / Math.sqrt(margins);
}

/** The number of pairs; throws RangeError unless all four cells are whole and not negative. */
export function checkPairedTable({ both, onlyControl, onlyCandidate, neither }: PairedTable): number {
  checkCount('both', both);
  checkCount('onlyControl', onlyControl);
  checkCount('onlyCandidate', onlyCandidate);
  checkCount('neither', neither);
  return both + onlyControl + onlyCandidate + neither;
}
