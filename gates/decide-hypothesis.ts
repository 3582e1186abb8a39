import type { Criterion } from '../schema/contracts/gate.ts';
import type { Verdict } from '../schema/contracts/words.ts';
import type { Comparison } from './compare-variants.ts';

/** A verdict of one hypothesis, and the margin it was held against in the unit of the interval (a share for ratios). */
export interface Decision {
  verdict: Verdict;
  margin: number | null;
  /** Within the margin and below 0 at once. */
  harmWithinMargin: boolean;
}

/**
 * The rule of a hypothesis (DESIGN §7 "Criteria"): the interval alone decides, turned so that up is good. Without an
 * interval nothing is decided. Identical outputs have no regression and are not inferior by any margin, nor superior.
 */
export function decideHypothesis(criterion: Criterion, comparison: Comparison): Decision {
  const hypothesis = criterion.hypothesis ?? 'no_regression';
  const margin = hypothesis === 'non_inferior' ? marginOf(criterion, comparison) : null;
  const decided = (verdict: Verdict, harmWithinMargin = false): Decision => ({ verdict, margin, harmWithinMargin });
  const oriented = orientedInterval(comparison);
  if (oriented === null) return decided('inconclusive');
  const [low, high] = oriented;
  if (hypothesis === 'superior') return decided(low > 0 ? 'pass' : high < 0 ? 'fail' : 'inconclusive');
  if (hypothesis === 'no_regression') return decided(high < 0 ? 'fail' : 'pass');
  if (comparison.identical) return decided('pass');
  if (margin === null) return decided('inconclusive');
  if (low > -margin) return decided('pass', high < 0);
  return decided(high < -margin ? 'fail' : 'inconclusive');
}

/** The interval of the effect (a ratio's distance from 1), turned so that up is good; null when there is none. */
export function orientedInterval({ interval, scale, direction }: Comparison): readonly [number, number] | null {
  if (interval === null) return null;
  const shift = scale === 'ratio' ? 1 : 0;
  const [low, high] = [interval[0] - shift, interval[1] - shift];
  return direction === 'higher' ? [low, high] : [-high, -low];
}

/**
 * The tolerated loss in the unit of the interval; null when it cannot be had because control's level is unknown or 0.
 */
function marginOf(criterion: Criterion, { scale, controlLevel }: Comparison): number | null {
  const { margin, marginRelative } = criterion;
  const level = controlLevel === null ? null : Math.abs(controlLevel);
  if (marginRelative !== undefined) {
    if (scale === 'ratio') return marginRelative;
    return level === null ? null : marginRelative * level;
  }
  if (margin === undefined) return null;
  if (scale === 'difference') return margin;
  return level === null || level === 0 ? null : margin / level;
}
