import type { Criterion } from '../schema/contracts/gate.ts';
import type { UndecidedChance } from '../schema/contracts/plan-preview.ts';
import type { DetectableEffect } from '../schema/contracts/result.ts';
import { normalCdf, normalQuantile } from '../statistics/normal.ts';

/**
 * How likely a criterion stays undecided when the true effect is `effect` (in the metric's unit, up is good): 1 - the
 * chance to pass - the chance to fail, by the normal distribution with the standard error that the stated detectable
 * effect implies, SE = detectable / (z(1 - alpha/2) + z(power)). Null where the answer is not a matter of an interval
 * around this effect, or its width is unknown.
 */
export function chanceUndecided(
  criterion: Criterion,
  stated: DetectableEffect,
  effect: number,
): UndecidedChance | null {
  if (stated.effect === null || stated.effect <= 0) return null;
  const { hypothesis } = criterion;
  if (hypothesis !== 'superior' && hypothesis !== 'non_inferior') return null;
  if (criterion.mustPass || (hypothesis === 'non_inferior' && criterion.margin === undefined)) return null;
  const limit = normalQuantile(1 - stated.alpha / 2);
  const standardError = stated.effect / (limit + normalQuantile(stated.power));
  const shift = (effect + (criterion.margin ?? 0)) / standardError;
  const pass = normalCdf(shift - limit);
  const fail = normalCdf(-shift - limit);
  return { metric: criterion.metric, hypothesis, effect, chance: Math.min(1, Math.max(0, 1 - pass - fail)) };
}
