import type { GeneratorState } from './generator-state.ts';

/**
 * Sums of `resamples` bootstrap draws, each of values.length values with replacement. Up to 65,536 values each sfc32 word gives
 * two indices by Lemire's multiply-and-reject (2019), free of bias; beyond, one index by multiplication, biased by less than
 * n / 2^32. The same `state` draws the same indices, so two columns can be resampled together.
 */
export function resampleSums(input: {
  readonly values: Float64Array;
  readonly resamples: number;
  readonly state: GeneratorState;
}): Float64Array {
  return input.values.length <= 0x10000 ? twoPerWord(input) : onePerWord(input);
}

function twoPerWord({ values, resamples, state }: Parameters<typeof resampleSums>[0]): Float64Array {
  const n = values.length;
  const rejectBelow = 0x10000 % n;
  const result = new Float64Array(resamples);
  let a = state[0] | 0;
  let b = state[1] | 0;
  let c = state[2] | 0;
  let counter = state[3] | 0;
  for (let r = 0; r < resamples; r++) {
    let even = 0;
    let odd = 0;
    let left = n;
    while (left > 0) {
      const draw = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + draw) | 0;
      const high = Math.imul(draw >>> 16, n);
      const low = Math.imul(draw & 0xffff, n);
      if ((high & 0xffff) >= rejectBelow) {
        even += values[high >>> 16] as number;
        left--;
      }
      if ((low & 0xffff) >= rejectBelow && left > 0) {
        odd += values[low >>> 16] as number;
        left--;
      }
    }
    result[r] = even + odd;
  }
  return result;
}

function onePerWord({ values, resamples, state }: Parameters<typeof resampleSums>[0]): Float64Array {
  const n = values.length;
  const scale = n / 0x100000000;
  const result = new Float64Array(resamples);
  let a = state[0] | 0;
  let b = state[1] | 0;
  let c = state[2] | 0;
  let counter = state[3] | 0;
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
