import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { MetricResult } from '../schema/contracts/result.ts';
import { sortedQuantile } from '../statistics/quantile.ts';
import { describeConvergence } from './describe-convergence.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { variantInterval } from './variant-interval.ts';
import { sortedCells } from './variant-level.ts';

/** Level of the intervals of `metrics`, and of `comparisons` without a criterion that says otherwise. */
export const defaultConfidence = 0.95;

/**
 * One metric of one variant over all examples: n (trials with a value), mean over examples with its 95 % interval,
 * p50 and p95 of durations.
 */
export function describeVariant(
  reader: EvidenceReader,
  { metric, variant, seed }: { metric: MetricEvidence; variant: string; seed: string },
): MetricResult {
  const positions = reader.everything;
  const { estimate, interval, reason } = variantInterval(reader, {
    metric,
    variant,
    positions,
    confidence: defaultConfidence,
    quantile: null,
    seed,
  });
  const result: MetricResult = {
    metric: metric.name,
    variant,
    n: reader.values(metric, variant).cells,
    mean: estimate,
    interval,
    ...(interval === null && reason !== null ? { reason } : {}),
    kind: metric.kind,
  };
  if (metric.censored !== undefined)
    result.convergence = describeConvergence(reader, { metric, variant, confidence: defaultConfidence });
  if (metric.kind === 'duration') {
    const cells = sortedCells(reader, { metric, variant, positions });
    result.p50 = cells.length === 0 ? null : sortedQuantile(cells, 0.5);
    result.p95 = cells.length === 0 ? null : sortedQuantile(cells, 0.95);
  }
  return result;
}
