import type { RolloutPlanMetric } from './rollout-plan.ts';

type Scale = Pick<RolloutPlanMetric, 'range' | 'direction' | 'thresholdMs'>;

/** Bins of a scaled value: bin b stands for y = b / 100. */
export const binsPerMetric = 101;

/**
 * A unit's value as y in [0, 1], up is good (research: rollout-test, "Definition"): values beyond the frozen range count as its
 * bound, a latency guardrail is 1 up to its threshold and 0 above.
 */
export function scaleValue(metric: Scale, value: number): number {
  if (metric.thresholdMs !== null) return value > metric.thresholdMs ? 0 : 1;
  const [low, high] = metric.range;
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return metric.direction === 'higher' ? share : 1 - share;
}

/** The bin of a unit's value. */
export function binOf(metric: Scale, value: number): number {
  return Math.round(scaleValue(metric, value) * (binsPerMetric - 1));
}

/** Own unit -> scaled: how large a difference of the metric is in y. The direction is not applied. */
export function scaleDifference(metric: Scale, difference: number): number {
  if (metric.thresholdMs !== null) return difference;
  const [low, high] = metric.range;
  return difference / (high - low);
}

/** A scaled effect (up is good) as candidate - control in the metric's own unit. */
export function unscaleEffect(metric: Scale, effect: number): number {
  const [low, high] = metric.thresholdMs === null ? metric.range : [0, 1];
  // A latency guardrail is told as the share of units above the threshold: up is bad.
  const sign = metric.thresholdMs === null && metric.direction === 'higher' ? 1 : -1;
  return sign * effect * (high - low) || 0;
}
