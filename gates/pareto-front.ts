import type { MetricResult, ParetoFront } from '../schema/contracts/result.ts';
import type { Direction } from '../schema/contracts/words.ts';

/**
 * Which variants no other one beats on quality, cost and speed at once. A variant is dominated when another is at
 * least as good in every dimension and better in one. On means (latency: p50) as they were measured: nothing is
 * tested here, and a small lead may be chance. A dimension that some variant has no value for is left out.
 *
 * @param metrics of all variants, `costUsd` and `latencyMs` among them
 * @param quality the metric that stands for quality; null when nothing judges outputs
 */
export function paretoFront(
  metrics: readonly MetricResult[],
  quality: { name: string; direction: Direction } | null,
): ParetoFront {
  const names = [...new Set(metrics.map((metric) => metric.variant))];
  const find = (variant: string, name: string) =>
    metrics.find((metric) => metric.variant === variant && metric.metric === name);
  const points = names.map((variant) => ({
    variant,
    quality: quality && (find(variant, quality.name)?.mean ?? null),
    costUsd: find(variant, 'costUsd')?.mean ?? null,
    latencyMs: find(variant, 'latencyMs')?.p50 ?? null,
  }));
  const dimensions = (['quality', 'costUsd', 'latencyMs'] as const).filter((dimension) =>
    points.every((point) => point[dimension] !== null),
  );
  const sign = { quality: quality?.direction === 'lower' ? -1 : 1, costUsd: -1, latencyMs: -1 };
  const lead = (one: (typeof points)[number], other: (typeof points)[number], dimension: keyof typeof sign) =>
    sign[dimension] * ((one[dimension] as number) - (other[dimension] as number));
  return {
    quality: quality?.name ?? null,
    dimensions,
    variants: points.map((point) => {
      const dominatedBy = points
        .filter(
          (other) =>
            dimensions.every((dimension) => lead(other, point, dimension) >= 0) &&
            dimensions.some((dimension) => lead(other, point, dimension) > 0),
        )
        .map((other) => other.variant);
      return { ...point, onFront: dominatedBy.length === 0, dominatedBy };
    }),
  };
}
