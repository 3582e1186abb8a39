import type { Interval } from '../schema/contracts/result.ts';
import { wilsonInterval } from '../statistics/wilson-interval.ts';

/**
 * Interval of a bounded mean when all `units` gave the same `value`, where no spread can be estimated: the share of
 * units that would have differed is at most Wilson's upper bound for 0 of `units`, and each of those lies inside
 * `range`.
 */
export function unseenBounds(
  input: { value: number; units: number; range: readonly [number, number] },
  confidence: number,
): Interval {
  const { value, units, range } = input;
  const share = wilsonInterval({ successes: 0, n: units, confidence }).interval?.[1] ?? 1;
  return [value - share * (value - range[0]), value + share * (range[1] - value)];
}
