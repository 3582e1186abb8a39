import type { GeneratorState } from './generator-state.ts';

/** Up to this many units all 2^n sign patterns are listed. */
export const EXACT_UP_TO = 14;

/**
 * Per sign pattern the sum of the values it flips: all 2^n patterns for up to 14 values, else `permutations` random ones. The
 * same `state` gives the same patterns, so that sums and sizes of clusters can be flipped together.
 */
export function flippedSums(input: {
  readonly values: Float64Array;
  readonly permutations: number;
  readonly state: GeneratorState;
}): Float64Array {
  const { values, permutations, state } = input;
  const exact = values.length <= EXACT_UP_TO;
  const patterns = exact ? 2 ** values.length : permutations;
  const result = new Float64Array(patterns);
  const table = new Float64Array(256);
  let a = state[0] | 0;
  let b = state[1] | 0;
  let c = state[2] | 0;
  let counter = state[3] | 0;
  // Eight values at a time: their 256 partial sums are tabulated once and each pattern looks one up per byte of its signs.
  for (let start = 0; start < values.length; start += 8) {
    const width = Math.min(8, values.length - start);
    for (let mask = 1; mask < 1 << width; mask++) {
      const lowest = 31 - Math.clz32(mask & -mask);
      table[mask] = (table[mask & (mask - 1)] as number) + (values[start + lowest] as number);
    }
    const cut = (1 << width) - 1;
    if (exact) {
      for (let j = 0; j < patterns; j++) result[j] = (result[j] as number) + (table[(j >>> start) & cut] as number);
      continue;
    }
    let word = 0;
    for (let j = 0; j < patterns; j++) {
      if ((j & 3) === 0) {
        word = (a + b + counter) | 0;
        counter = (counter + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (((c << 21) | (c >>> 11)) + word) | 0;
      } else {
        word >>>= 8;
      }
      result[j] = (result[j] as number) + (table[word & cut] as number);
    }
  }
  return result;
}
