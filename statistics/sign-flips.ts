import type { ClusterSums } from './cluster-sums.ts';
import { EXACT_UP_TO, flippedSums } from './flipped-sums.ts';
import type { Generator } from './generator.ts';
import { takeState } from './generator-state.ts';

/**
 * Sign patterns over units with sums S_i and sizes w_i. With signs s_i and a hypothetical effect m, a pattern is at least as
 * extreme as the data when |sum s_i (S_i - m w_i)| >= |sum (S_i - m w_i)|. Squared and factored this says: m lies between the
 * mean of the flipped units and the mean of the kept ones. So each pattern is one stretch of m, and the test (m = 0) and
 * its interval read the same stretches and cannot disagree.
 */
export type SignFlips = {
  /** Per pattern the sum of the flipped and of the kept units; sums within rounding of 0 are 0. */
  readonly flipped: Float64Array;
  readonly kept: Float64Array;
  /** Patterns that count whatever the effect: 1 for the data itself under Monte Carlo, 0 when all patterns are listed. */
  readonly always: number;
  readonly exact: boolean;
  /** Per pattern the ends of its stretch; infinite where the pattern always counts. */
  readonly stretches: () => { readonly lows: Float64Array; readonly highs: Float64Array };
};

export function signFlips(input: {
  readonly units: ClusterSums;
  readonly permutations: number;
  readonly generator: Generator;
}): SignFlips {
  const { sums, sizes } = input.units;
  const { permutations } = input;
  const state = takeState(input.generator);
  const flipped = flippedSums({ values: sums, permutations, state });
  const kept = new Float64Array(flipped.length);
  let total = 0;
  let magnitude = 0;
  for (let i = 0; i < sums.length; i++) {
    total += sums[i] as number;
    magnitude += Math.abs(sums[i] as number);
  }
  // Rounding must not turn an exact tie into a strict order.
  const rounding = 1e-13 * magnitude;
  for (let j = 0; j < flipped.length; j++) {
    const rest = total - (flipped[j] as number);
    kept[j] = Math.abs(rest) <= rounding ? 0 : rest;
    if (Math.abs(flipped[j] as number) <= rounding) flipped[j] = 0;
  }

  function stretches() {
    const flippedSizes = flippedSums({ values: sizes, permutations, state });
    let size = 0;
    for (let i = 0; i < sizes.length; i++) size += sizes[i] as number;
    const lows = new Float64Array(flipped.length);
    const highs = new Float64Array(flipped.length);
    for (let j = 0; j < flipped.length; j++) {
      const flippedSize = flippedSizes[j] as number;
      const bounded = flippedSize > 0 && flippedSize < size;
      const one = (flipped[j] as number) / flippedSize;
      const two = (kept[j] as number) / (size - flippedSize);
      lows[j] = bounded ? Math.min(one, two) : Number.NEGATIVE_INFINITY;
      highs[j] = bounded ? Math.max(one, two) : Number.POSITIVE_INFINITY;
    }
    return { lows, highs };
  }

  const exact = sums.length <= EXACT_UP_TO;
  return { flipped, kept, always: exact ? 0 : 1, exact, stretches };
}
