import type { Generator } from './generator.ts';

/**
 * Sums of `resamples` bootstrap draws (with replacement, each of values.length). The generator seeds an inlined copy of its own algorithm
 * (sfc32), because a call per draw would cost more than the draw. The index is the high part of draw x n / 2^32: its
 * bias is below n / 2^32.
 */
export function resampleSums(input: {
  readonly values: Float64Array;
  readonly resamples: number;
  readonly generator: Generator;
}): Float64Array {
  const { values, resamples, generator } = input;
  const n = values.length;
  const scale = n / 0x100000000;
  const result = new Float64Array(resamples);
  let a = generator.nextUint32() | 0;
  let b = generator.nextUint32() | 0;
  let c = generator.nextUint32() | 0;
  let counter = generator.nextUint32() | 0;
  for (let r = 0; r < resamples; r++) {
    let total = 0;
    for (let i = 0; i < n; i++) {
      const draw = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + draw) | 0;
      total += values[((draw >>> 0) * scale) | 0] as number;
    }
    result[r] = total;
  }
  return result;
}
