import type { RolloutPlanMetric } from './rollout-plan.ts';

/** How the values of one unit, in the order they happened, become one. `any`: 1 when one is above 0. */
export function foldValues(values: readonly number[], perUnit: RolloutPlanMetric['perUnit']): number {
  switch (perUnit) {
    case 'last':
      return values.at(-1) ?? Number.NaN;
    case 'any':
      return values.some((value) => value > 0) ? 1 : 0;
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'mean':
      return values.reduce((sum, value) => sum + value, 0) / values.length;
  }
}
