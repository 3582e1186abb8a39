import type { ClusterSums } from './cluster-sums.ts';
import type { Generator } from './generator.ts';

/**
 * For every sign pattern: the stretch of hypothetical effects at which this pattern is at least as extreme as the data.
 * The test and its interval both read it, so they cannot disagree.
 */
export type SignFlips = {
  /** Lower and upper end per pattern, -Infinity and Infinity where the pattern always counts. */
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  /** Patterns that count whatever the effect: 1 for the data itself under Monte Carlo, 0 when all patterns are listed. */
  readonly always: number;
  readonly exact: boolean;
};

/** Up to this many units every one of the 2^n patterns is listed. */
export const EXACT_UP_TO = 14;

/**
 * With sums S_i, sizes w_i, signs s_i and hypothetical effect m, a pattern is at least as extreme as the data when
 * |sum s_i (S_i - m w_i)| >= |sum (S_i - m w_i)|. Squared and factored this says: m lies between the mean of the flipped
 * units and the mean of the others. So each pattern is one stretch of m, around the overall mean.
 */
export function signFlips(input: {
  readonly units: ClusterSums;
  readonly permutations: number;
  readonly generator: Generator;
}): SignFlips {
  const { sums, sizes } = input.units;
  const units = sums.length;
  const exact = units <= EXACT_UP_TO;
  const patterns = exact ? 2 ** units : input.permutations;
  const flippedSums = new Float64Array(patterns);
  const flippedSizes = new Float64Array(patterns);
  const tableSums = new Float64Array(256);
  const tableSizes = new Float64Array(256);
  // Eight units at a time: the 256 partial sums are tabulated once and each pattern looks one up per byte of its signs.
  for (let start = 0; start < units; start += 8) {
    const width = Math.min(8, units - start);
    for (let mask = 1; mask < 1 << width; mask++) {
      const lowest = 31 - Math.clz32(mask & -mask);
      const rest = mask & (mask - 1);
      tableSums[mask] = (tableSums[rest] as number) + (sums[start + lowest] as number);
      tableSizes[mask] = (tableSizes[rest] as number) + (sizes[start + lowest] as number);
    }
    const cut = (1 << width) - 1;
    let word = 0;
    for (let j = 0; j < patterns; j++) {
      let mask: number;
      if (exact) mask = (j >>> start) & cut;
      else {
        word = (j & 3) === 0 ? input.generator.nextUint32() : word >>> 8;
        mask = word & cut;
      }
      flippedSums[j] = (flippedSums[j] as number) + (tableSums[mask] as number);
      flippedSizes[j] = (flippedSizes[j] as number) + (tableSizes[mask] as number);
    }
  }
  return stretches({ sums, sizes, flippedSums, flippedSizes, exact });
}

function stretches(input: {
  readonly sums: Float64Array;
  readonly sizes: Float64Array;
  readonly flippedSums: Float64Array;
  readonly flippedSizes: Float64Array;
  readonly exact: boolean;
}): SignFlips {
  const { sums, sizes, flippedSums, flippedSizes, exact } = input;
  const lows = flippedSums;
  const highs = flippedSizes;
  let total = 0;
  let size = 0;
  let magnitude = 0;
  for (let i = 0; i < sums.length; i++) {
    total += sums[i] as number;
    size += sizes[i] as number;
    magnitude += Math.abs(sums[i] as number);
  }
  // Rounding must not turn an exact tie into a strict order: sums this small are zero.
  const rounding = 1e-13 * magnitude;
  for (let j = 0; j < lows.length; j++) {
    const flipped = flippedSums[j] as number;
    const flippedSize = flippedSizes[j] as number;
    const kept = total - flipped;
    const keptSize = size - flippedSize;
    if (flippedSize === 0 || keptSize === 0) {
      lows[j] = Number.NEGATIVE_INFINITY;
      highs[j] = Number.POSITIVE_INFINITY;
      continue;
    }
    const one = Math.abs(flipped) <= rounding ? 0 : flipped / flippedSize;
    const two = Math.abs(kept) <= rounding ? 0 : kept / keptSize;
    lows[j] = Math.min(one, two);
    highs[j] = Math.max(one, two);
  }
  return { lows, highs, always: exact ? 0 : 1, exact };
}
