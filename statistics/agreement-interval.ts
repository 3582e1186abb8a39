import { bcaBounds } from './bca-bounds.ts';
import { checkConfidence } from './check.ts';
import type { Generator } from './generator.ts';
import type { IntervalResult } from './interval-result.ts';
import { wilsonInterval } from './wilson-interval.ts';

/**
 * Interval of a chance-corrected agreement (Cohen, Fleiss, Krippendorff): BCa bootstrap over the labelled units. Perfect agreement gives the
 * bootstrap nothing to vary; there the lower bound is (W - c) / (1 - c), W being Wilson's lower bound of n agreeing units out of n and c
 * the agreement by chance. Null when the agreement itself is undefined or undefined in more than 5 % of the resamples.
 */
export function agreementInterval<Unit>(input: {
  readonly units: readonly Unit[];
  /** E.g. units => cohenKappa(...); null = undefined. */
  readonly statistic: (units: readonly Unit[]) => number | null;
  /** Agreement expected by chance in these units, needed only where the agreement is 1. @default 0.5 */
  readonly chance?: number;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
  /** @default 2000 */
  readonly resamples?: number;
  readonly generator: Generator;
}): IntervalResult {
  const { units, statistic, confidence, generator } = input;
  checkConfidence(confidence);
  const n = units.length;
  const estimate = n === 0 ? null : statistic(units);
  if (estimate === null) return { estimate: null, interval: null, reason: 'agreement is undefined for these labels' };
  if (n < 2) return { estimate, interval: null, reason: 'one unit has no spread' };
  if (estimate === 1) return perfectAgreement(n, input.chance ?? 0.5, confidence);
  const resamples = input.resamples ?? 2_000;
  const resampled: number[] = [];
  for (let r = 0; r < resamples; r++) {
    const value = statistic(Array.from({ length: n }, () => units[generator.nextInt(n)] as Unit));
    if (value !== null) resampled.push(value);
  }
  if (resampled.length < 0.95 * resamples) {
    return { estimate, interval: null, reason: 'one label is so rare that agreement is undefined in many resamples' };
  }
  const leaveOneOut: number[] = [];
  for (let i = 0; i < n; i++) {
    const value = statistic(units.filter((_, unit) => unit !== i));
    if (value === null)
      return { estimate, interval: null, reason: 'a single unit decides whether agreement is defined' };
    leaveOneOut.push(value);
  }
  return bcaBounds({ estimate, resampled, leaveOneOut, confidence });
}

function perfectAgreement(n: number, chance: number, confidence: number): IntervalResult {
  if (!(chance >= 0 && chance < 1)) throw new RangeError(`chance must be in [0, 1), found ${chance}`);
  const agreeing = wilsonInterval({ successes: n, n, confidence });
  const low = ((agreeing.interval as readonly [number, number])[0] - chance) / (1 - chance);
  return { estimate: 1, interval: [Math.max(-1, low), 1], reason: null };
}
