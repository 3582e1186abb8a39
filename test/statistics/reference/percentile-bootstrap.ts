import { sortedQuantile } from '../../../statistics/quantile.ts';

/** Plain percentile bounds of resampled values, type-7 quantiles. */
export function percentileBounds(resampled: ArrayLike<number>, confidence: number): [number, number] {
  const sorted = Float64Array.from(resampled).sort();
  const tail = (1 - confidence) / 2;
  return [sortedQuantile(sorted, tail), sortedQuantile(sorted, 1 - tail)];
}
