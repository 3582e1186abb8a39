import { checkConfidence } from './check.ts';
import { clusterSums } from './cluster-sums.ts';
import { takeState } from './generator-state.ts';
import type { IntervalResult } from './interval-result.ts';
import type { SignFlipInput } from './sign-flip-test.ts';
import { keptEffects, pValueAtZero, signFlips } from './sign-flips.ts';

/** An interval and, from the same patterns, the two-sided p value against no difference (null where there are no units). */
export type SignFlipIntervalResult = IntervalResult & { readonly pValue: number | null };

/**
 * Mean difference with the interval of all effects that the sign-flip test does not reject at 1 - confidence, found exactly
 * (each sign pattern is one stretch of effects; the bounds are order statistics of their ends). With generators of the same
 * seed it agrees with `signFlipTest`: 0 is outside exactly when pValue <= 1 - confidence. Null when there are so few units
 * that no effect can be rejected (below 6 at 95 %), unless `range` (what a difference can be at all) bounds the answer.
 */
export function signFlipInterval(
  input: SignFlipInput & {
    /** Level of the two-sided interval, e.g. 0.95. */
    readonly confidence: number;
    /** Smallest and largest difference that can occur, e.g. [-1, 1]: the interval is cut there. */
    readonly range?: readonly [number, number] | undefined;
  },
): SignFlipIntervalResult {
  checkConfidence(input.confidence);
  const units = clusterSums({ values: input.differences, clusters: input.clusters });
  const count = units.sums.length;
  if (count === 0) return { estimate: null, interval: null, reason: 'no pairs', pValue: null };
  const estimate = sum(units.sums) / sum(units.sizes);
  const flips = signFlips({ units, permutations: input.permutations, state: takeState(input.generator) });
  const pValue = pValueAtZero(flips);
  const [low, high] = keptEffects(flips, 1 - input.confidence);
  const unbounded = low === Number.NEGATIVE_INFINITY || high === Number.POSITIVE_INFINITY;
  if (unbounded && input.range === undefined) {
    const noun = `${count} unit${count === 1 ? '' : 's'}`;
    const reason = `${noun} cannot exclude any effect at confidence ${input.confidence}`;
    return { estimate, interval: null, reason, pValue };
  }
  const [least, most] = unbounded ? (input.range as readonly [number, number]) : [low, high];
  return { estimate, interval: [Math.max(low, least), Math.min(high, most)], reason: null, pValue };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}
