import { checkConfidence } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { eventTable, type SurvivalInput } from './kaplan-meier.ts';
import { normalQuantile } from './normal.ts';

/**
 * Restricted mean time to event: the area under the Kaplan-Meier curve up to `horizon`, which needs no model for what was not watched.
 * Normal interval with Greenwood's variance sum over event times of (area beyond)^2 d / (Y (Y - d)). Null when watching ended
 * (everyone censored) before the horizon, or nothing varies.
 */
export function restrictedMean(
  input: SurvivalInput & {
    /** Time up to which the mean is taken, > 0; fix it before looking. */
    readonly horizon: number;
    /** Level of the two-sided interval, e.g. 0.95. */
    readonly confidence: number;
  },
): IntervalResult {
  const { times, horizon, confidence } = input;
  checkConfidence(confidence);
  if (!(horizon > 0)) throw new RangeError(`horizon must be above 0, found ${horizon}`);
  if (times.length === 0) return { estimate: null, interval: null, reason: 'no units' };
  const table = eventTable(input).filter((row) => row.time <= horizon);
  let survival = 1;
  let before = 0;
  let area = 0;
  const areaUpTo: number[] = [];
  for (const { time, atRisk, events } of table) {
    area += survival * (time - before);
    areaUpTo.push(area);
    survival *= 1 - events / atRisk;
    before = time;
  }
  let last = 0;
  for (let i = 0; i < times.length; i++) last = Math.max(last, times[i] as number);
  if (survival > 0 && last < horizon) {
    return {
      estimate: null,
      interval: null,
      reason: `nobody was watched until ${horizon}; the last unit until ${last}`,
    };
  }
  area += survival * (horizon - before);
  let variance = 0;
  table.forEach(({ atRisk, events }, i) => {
    if (atRisk > events) variance += ((area - (areaUpTo[i] as number)) ** 2 * events) / (atRisk * (atRisk - events));
  });
  if (variance === 0) return { estimate: area, interval: null, reason: 'the times do not vary before the horizon' };
  const half = normalQuantile(1 - (1 - confidence) / 2) * Math.sqrt(variance);
  return { estimate: area, interval: [Math.max(0, area - half), Math.min(horizon, area + half)], reason: null };
}
