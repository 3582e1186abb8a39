import { checkConfidence } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import type { TwoProportionsInput } from './newcombe-interval.ts';
import { normalQuantile } from './normal.ts';
import { checkProportion } from './wilson-interval.ts';

/**
 * Difference candidate - control of two independent proportions: Wald after adding one success and one failure to each arm
 * (Agresti and Caffo 2000). `estimate` is the raw difference; the bounds may leave [-1, 1] by a little in tiny samples. Null when an arm is empty.
 */
export function agrestiCaffoInterval({ candidate, control, confidence }: TwoProportionsInput): IntervalResult {
  checkConfidence(confidence);
  checkProportion(candidate.successes, candidate.n);
  checkProportion(control.successes, control.n);
  if (candidate.n === 0) return { estimate: null, interval: null, reason: 'the candidate has no observations' };
  if (control.n === 0) return { estimate: null, interval: null, reason: 'control has no observations' };
  const one = (candidate.successes + 1) / (candidate.n + 2);
  const two = (control.successes + 1) / (control.n + 2);
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const half = z * Math.sqrt((one * (1 - one)) / (candidate.n + 2) + (two * (1 - two)) / (control.n + 2));
  return {
    estimate: candidate.successes / candidate.n - control.successes / control.n,
    interval: [one - two - half, one - two + half],
    reason: null,
  };
}
