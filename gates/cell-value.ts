import type { MetricEvidence } from '../schema/contracts/evidence.ts';

/**
 * Value of one cell: NaN where it has none by nature, null where it should have one and does not. A value that is not
 * finite is missing too: no mean could be taken with it.
 */
export function cellValue(metric: MetricEvidence, variant: string, cell: number): number | null {
  if (Object.hasOwn(metric.missing, variant) && metric.missing[variant]?.[cell] === 1) return null;
  const value = Object.hasOwn(metric.values, variant) ? (metric.values[variant]?.[cell] ?? Number.NaN) : Number.NaN;
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? null : value;
}
