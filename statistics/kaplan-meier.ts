import { checkConfidence, checkFinite, checkPaired } from './check.ts';
import type { Bounds } from './interval-result.ts';
import { normalQuantile } from './normal.ts';

/** After `time`, the share that has not had its event. */
export type SurvivalStep = {
  readonly time: number;
  readonly atRisk: number;
  readonly events: number;
  readonly survival: number;
  /** Log-log interval (stays inside 0..1); null where survival is 1 or 0. */
  readonly interval: Bounds | null;
};

export type SurvivalInput = {
  /** Time of the event, or until which the unit was watched without one; >= 0. */
  readonly times: ArrayLike<number>;
  /** True where the event happened, false where watching ended first (censored). */
  readonly observed: ArrayLike<boolean>;
};

/**
 * Kaplan and Meier's survival curve (1958) with Greenwood's variance, one step per distinct event time, e.g. turns until a session is
 * resolved with sessions still open. Units censored at an event time count as at risk there. Empty without events.
 */
export function kaplanMeier(input: SurvivalInput & { readonly confidence: number }): readonly SurvivalStep[] {
  checkConfidence(input.confidence);
  const z = normalQuantile(1 - (1 - input.confidence) / 2);
  let survival = 1;
  let greenwood = 0;
  return eventTable(input).map(({ time, atRisk, events }) => {
    survival *= 1 - events / atRisk;
    greenwood += atRisk > events ? events / (atRisk * (atRisk - events)) : 0;
    return { time, atRisk, events, survival, interval: logLogBounds(survival, greenwood, z) };
  });
}

function logLogBounds(survival: number, greenwood: number, z: number): Bounds | null {
  if (survival <= 0 || survival >= 1) return null;
  const spread = (z * Math.sqrt(greenwood)) / Math.log(survival);
  return [survival ** Math.exp(-spread), survival ** Math.exp(spread)];
}

/** Distinct event times with the number at risk just before and the events at each. */
export function eventTable({ times, observed }: SurvivalInput): { time: number; atRisk: number; events: number }[] {
  checkPaired('times', times, 'observed', observed);
  checkFinite('times', times);
  const n = times.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (times[i] as number) - (times[j] as number),
  );
  const table: { time: number; atRisk: number; events: number }[] = [];
  for (let at = 0; at < n; ) {
    const time = times[order[at] as number] as number;
    const atRisk = n - at;
    let events = 0;
    while (at < n && times[order[at] as number] === time) {
      if (observed[order[at] as number]) events++;
      at++;
    }
    if (events > 0) table.push({ time, atRisk, events });
  }
  return table;
}
