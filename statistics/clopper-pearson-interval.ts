import { betaQuantile } from './beta.ts';
import { checkConfidence } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { checkProportion, type ProportionInput } from './wilson-interval.ts';

/** The exact interval of one proportion (Clopper and Pearson 1934): coverage at least `confidence` always. Null for n = 0. */
export function clopperPearsonInterval({ successes, n, confidence }: ProportionInput): IntervalResult {
  checkConfidence(confidence);
  checkProportion(successes, n);
  if (n === 0) return { estimate: null, interval: null, reason: 'no observations' };
  const tail = (1 - confidence) / 2;
  const low = successes === 0 ? 0 : betaQuantile(tail, successes, n - successes + 1);
  const high = successes === n ? 1 : betaQuantile(1 - tail, successes + 1, n - successes);
  return { estimate: successes / n, interval: [low, high], reason: null };
}
