import type { IntervalResult } from './interval-result.ts';
import { wilsonInterval } from './wilson-interval.ts';

/** One arm of a pass/fail comparison. */
type ArmCounts = { readonly successes: number; readonly n: number };

export type TwoProportionsInput = {
  readonly candidate: ArmCounts;
  readonly control: ArmCounts;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
};

/**
 * Difference candidate - control of two independent proportions: Newcombe's hybrid of two Wilson intervals (1998, method
 * 10 of the paper on independent proportions). Null when an arm is empty.
 */
export function newcombeInterval({ candidate, control, confidence }: TwoProportionsInput): IntervalResult {
  const one = wilsonInterval({ ...candidate, confidence });
  const two = wilsonInterval({ ...control, confidence });
  if (one.interval === null) return { estimate: null, interval: null, reason: 'the candidate has no observations' };
  if (two.interval === null) return { estimate: null, interval: null, reason: 'control has no observations' };
  const difference = one.estimate - two.estimate;
  const low = difference - Math.hypot(one.estimate - one.interval[0], two.interval[1] - two.estimate);
  const high = difference + Math.hypot(one.interval[1] - one.estimate, two.estimate - two.interval[0]);
  return { estimate: difference, interval: [Math.max(-1, low), Math.min(1, high)], reason: null };
}
