import type { MetricEvidence } from '../../schema/contracts/evidence.ts';

/**
 * Makes a pairwise metric symmetric where agents failed by their own doing: control is even (0.5) by definition, also
 * where it failed, and a candidate that failed beside it has not lost. A failure of either then weighs as much as a
 * lost comparison: agents that fail alike are found even.
 * @param failed Whether the agent of a variant failed by its own doing, by cell.
 */
export function evenPairs(metric: MetricEvidence, control: string, failed: Record<string, Uint8Array>): MetricEvidence {
  for (const [variant, values] of Object.entries(metric.values)) {
    failed[control]?.forEach((ofControl, cell) => {
      if (ofControl === 1 && (variant === control || failed[variant]?.[cell] === 1)) values[cell] = 0.5;
    });
  }
  return metric;
}
