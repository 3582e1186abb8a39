import type { ExperimentEvidence, MetricEvidence } from '../schema/contracts/evidence.ts';
import { cellValue } from './cell-value.ts';

/**
 * The evidence with every metric of steps to convergence restricted at its horizon tau: min(steps, tau) for a trial that
 * converged, tau for one that never did, however early it stopped. tau is the declared one, else the largest number of
 * steps of any correct trial of any variant; as that is the same whichever variant is called control, sign flips stay
 * exact. Evidence without such a metric is returned as it is. Metrics come out with `range` [0, tau]; without any
 * converged trial they have no range, and nothing can be compared (`nobodyConverged`).
 */
export function restrictSteps(evidence: ExperimentEvidence): ExperimentEvidence {
  if (evidence.metrics.every((metric) => metric.censored === undefined)) return evidence;
  return { ...evidence, metrics: evidence.metrics.map(restricted) };
}

/** True for steps to convergence when no trial of any variant came to the right answer within the horizon. */
export function nobodyConverged(metric: MetricEvidence): boolean {
  return metric.censored !== undefined && metric.range === null;
}

/** True when a trial of this metric reached the right answer within the horizon. */
export function hasConverged(metric: MetricEvidence, variant: string, cell: number): boolean {
  const value = cellValue(metric, variant, cell);
  if (value === null || Number.isNaN(value) || metric.censored?.[variant]?.[cell] === 1) return false;
  return value <= (metric.horizon ?? Number.POSITIVE_INFINITY);
}

function restricted(metric: MetricEvidence): MetricEvidence {
  const { censored } = metric;
  if (censored === undefined) return metric;
  let slowest: number | null = null;
  for (const [variant, values] of Object.entries(metric.values)) {
    for (let cell = 0; cell < values.length; cell++) {
      if (hasConverged(metric, variant, cell)) slowest = Math.max(slowest ?? 0, values[cell] as number);
    }
  }
  if (slowest === null) return { ...metric, range: null };
  const horizon = metric.horizon ?? slowest;
  const out: MetricEvidence = { ...metric, horizon, range: [0, horizon], values: {}, censored: {} };
  for (const [variant, values] of Object.entries(metric.values)) {
    // What converged beyond the horizon has not converged within it.
    const marks = Uint8Array.from(values, (value, cell) =>
      !Number.isNaN(value) && !hasConverged(metric, variant, cell) ? 1 : 0,
    );
    out.values[variant] = values.map((value, cell) => (marks[cell] === 1 ? horizon : value));
    (out.censored as Record<string, Uint8Array>)[variant] = marks;
  }
  return out;
}
