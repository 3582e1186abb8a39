/** `[low, high]` with low <= high; either end may be infinite only where a function says so. */
export type Bounds = readonly [low: number, high: number];

/**
 * What every interval function of this room answers. Undefined stays undefined: a quantity that cannot be computed is
 * `interval: null` with a `reason` a person can read, never NaN and never a made-up number. `estimate` may be known
 * where the interval is not. Arguments that no data could produce (negative counts, a confidence of 2) throw RangeError.
 */
export type IntervalResult =
  | { readonly estimate: number; readonly interval: Bounds; readonly reason: null }
  | { readonly estimate: number | null; readonly interval: null; readonly reason: string };
