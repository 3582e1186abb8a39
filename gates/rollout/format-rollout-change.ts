import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { formatDecimal } from '../format-number.ts';

/** A difference of a rollout's metric as a person reads it: `−9.8 points`, `+$0.0021`, `+120 ms`. */
export function formatRolloutChange(metric: RolloutPlanMetric, difference: number, signed = true): string {
  if (metric.kind === 'binary' || metric.thresholdMs !== null) {
    const text = formatDecimal(100 * difference, 1, signed);
    return metric.thresholdMs === null ? `${text} points` : `${text} points above ${Math.round(metric.thresholdMs)} ms`;
  }
  const size = Math.abs(difference);
  const digits = size === 0 || size >= 100 ? 0 : Math.min(8, 2 - Math.floor(Math.log10(size)));
  const text = formatDecimal(difference, digits, signed);
  if (metric.kind === 'money') return text.replace(/^([+\u2212]?)/, '$1$');
  return metric.kind === 'duration' ? `${text} ms` : text;
}
