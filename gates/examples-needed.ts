import { normalQuantile } from '../statistics/normal.ts';

/**
 * About how many examples would show an effect of this size with probability 0.8, when the width shrinks as 1 /
 * sqrt(n); rounded up to two digits. Null when the effect points the wrong way, or more than 1,000,000 would be
 * needed.
 */
export function examplesNeeded(input: {
  /** Effect beyond the bar to clear, oriented so that up is good. */
  effect: number;
  interval: readonly [number, number];
  n: number;
  confidence: number;
}): number | null {
  const { effect, interval, n, confidence } = input;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const error = (interval[1] - interval[0]) / (2 * z);
  if (!(effect > 0) || !(error > 0)) return null;
  const needed = n * (((z + normalQuantile(0.8)) * error) / effect) ** 2;
  if (!(needed > n) || needed > 1_000_000) return null;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(needed)) - 1);
  return Math.ceil(needed / unit) * unit;
}
