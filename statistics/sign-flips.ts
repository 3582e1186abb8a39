import type { ClusterSums } from './cluster-sums.ts';
import { EXACT_UP_TO, flippedSums } from './flipped-sums.ts';
import type { GeneratorState } from './generator-state.ts';

/**
 * Sign patterns over units with sums S_i and sizes w_i >= 0. With signs s_i and a hypothetical effect m, a pattern is at least
 * as extreme as the data when |sum s_i (S_i - m w_i)| >= |sum (S_i - m w_i)|. Squared and factored: (F - m f)(K - m k) <= 0 with F, f
 * the sums over the flipped units and K, k over the kept ones; so m lies between F / f and K / k. Each pattern is one
 * stretch of m, and the test (m = 0) and its interval read the same stretches and cannot disagree.
 */
export type SignFlips = {
  /** Per pattern the sum of the flipped and of the kept units; sums within rounding of 0 are 0. */
  readonly flipped: Float64Array;
  readonly kept: Float64Array;
  /** Patterns that count whatever the effect: 1 for the data itself under Monte Carlo, 0 when all patterns are listed. */
  readonly always: number;
  readonly exact: boolean;
  /** Per pattern the ends of its stretch; both infinite where the pattern always counts. */
  readonly stretches: () => { readonly lows: Float64Array; readonly highs: Float64Array };
};

/** Random patterns when the caller names no number: 10,000 up to 2,000 units, then fewer for the same work, at least 2,000. */
function defaultPermutations(units: number): number {
  return Math.min(10_000, Math.max(2_000, Math.floor(2e7 / units)));
}

/** Draws the patterns (all of them for up to 14 units) and adds up each one's flipped and kept units. */
export function signFlips(input: {
  readonly units: ClusterSums;
  readonly permutations: number | undefined;
  readonly state: GeneratorState;
}): SignFlips {
  const { state } = input;
  const { sums, sizes } = input.units;
  const permutations = input.permutations ?? defaultPermutations(sums.length);
  const flipped = flippedSums({ values: sums, permutations, state });
  const kept = complement(sums, flipped);
  const exact = sums.length <= EXACT_UP_TO;

  function stretches() {
    const flippedSizes = flippedSums({ values: sizes, permutations, state });
    const keptSizes = complement(sizes, flippedSizes);
    const lows = new Float64Array(flipped.length);
    const highs = new Float64Array(flipped.length);
    for (let j = 0; j < flipped.length; j++) {
      const one = (flipped[j] as number) / (flippedSizes[j] as number);
      const two = (kept[j] as number) / (keptSizes[j] as number);
      // An empty side (0 / 0) agrees with every effect; a size of 0 under a sum puts the stretch's end at infinity.
      const open = Number.isNaN(one) || Number.isNaN(two);
      lows[j] = open ? Number.NEGATIVE_INFINITY : Math.min(one, two);
      highs[j] = open ? Number.POSITIVE_INFINITY : Math.max(one, two);
    }
    return { lows, highs };
  }

  return { flipped, kept, always: exact ? 0 : 1, exact, stretches };
}

/**
 * The effects that more than alpha of all patterns reach: from the smallest to the largest kept one. Each stretch surrounds the
 * estimate, so on either side the share falls with distance and the bounds are order statistics of the ends.
 */
export function keptEffects({ always, stretches }: SignFlips, alpha: number): readonly [low: number, high: number] {
  const { lows, highs } = stretches();
  const patterns = lows.length + always;
  // The smallest number of stretches that makes the share exceed alpha; 1e-9 keeps 500 / 10,000 from exceeding 0.05.
  const needed = Math.max(1, Math.floor(alpha * patterns + 1e-9) + 1 - always);
  return [lows.sort()[needed - 1] as number, highs.sort()[highs.length - needed] as number];
}

/** Share of patterns at least as extreme as the data when the true effect is 0: the flipped and the kept sum differ in sign. */
export function pValueAtZero({ flipped, kept, always }: SignFlips): number {
  let count = always;
  for (let j = 0; j < flipped.length; j++) {
    const one = flipped[j] as number;
    const two = kept[j] as number;
    if ((one >= 0 && two <= 0) || (one <= 0 && two >= 0)) count++;
  }
  return count / (flipped.length + always);
}

/** Total minus each part, in place of adding up the rest; rounding must not turn an exact tie into a strict order. */
function complement(values: Float64Array, parts: Float64Array): Float64Array {
  let total = 0;
  let magnitude = 0;
  for (let i = 0; i < values.length; i++) {
    total += values[i] as number;
    magnitude += Math.abs(values[i] as number);
  }
  const rounding = 1e-13 * magnitude;
  const rest = new Float64Array(parts.length);
  for (let j = 0; j < parts.length; j++) {
    const part = parts[j] as number;
    if (Math.abs(part) <= rounding) parts[j] = 0;
    rest[j] = Math.abs(total - part) <= rounding ? 0 : total - part;
  }
  return rest;
}
