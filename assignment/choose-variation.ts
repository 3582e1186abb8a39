import type { BucketRange } from './bucket-ranges.ts';

/** Position of the first range that holds `n`, -1 when none does (the unit is not in the experiment). */
export function chooseVariation(input: { readonly n: number; readonly ranges: readonly BucketRange[] }): number {
  return input.ranges.findIndex(([start, end]) => input.n >= start && input.n < end);
}
