import { checkConfidence } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { studentTQuantile, studentTTwoSided } from './student-t.ts';

/** Mean and variance of a single unit's value (not of the mean), over n units. */
export type SampleSummary = { readonly mean: number; readonly variance: number; readonly n: number };

export type WelchInput = {
  readonly candidate: SampleSummary;
  readonly control: SampleSummary;
  /** `relative`: (candidate - control) / control, its variance by the delta method. @default 'absolute' */
  readonly difference?: 'absolute' | 'relative';
};

export type WelchTResult = IntervalResult & {
  readonly standardError: number | null;
  readonly degrees: number | null;
  /** Two-sided against no difference. */
  readonly pValue: number | null;
};

/** Welch's t test of two independent arms from their summaries. Not computable when a variance or control's mean is 0. */
export function welchTTest(input: WelchInput & { readonly confidence: number }): WelchTResult {
  checkConfidence(input.confidence);
  const effect = welchEffect(input);
  if (effect.reason !== null) {
    return { estimate: null, interval: null, reason: effect.reason, standardError: null, degrees: null, pValue: null };
  }
  const { estimate, standardError, degrees } = effect;
  const half = studentTQuantile(1 - (1 - input.confidence) / 2, degrees) * standardError;
  return {
    estimate,
    interval: [estimate - half, estimate + half],
    reason: null,
    standardError,
    degrees,
    pValue: studentTTwoSided(estimate / standardError, degrees),
  };
}

export type WelchEffect =
  | { readonly estimate: number; readonly standardError: number; readonly degrees: number; readonly reason: null }
  | { readonly reason: string };

/**
 * Difference, standard error and Welch-Satterthwaite degrees of freedom. Two identical constants are "not computable", never
 * "no difference"; a control mean of 0 makes neither kind of difference computable (as in gbstats).
 */
export function welchEffect({ candidate, control, difference }: WelchInput): WelchEffect {
  if (candidate.n < 2 || control.n < 2) return { reason: 'each arm needs at least 2 units' };
  if (control.mean === 0) return { reason: "control's mean is 0" };
  if (!(candidate.variance > 0)) return { reason: "the candidate's values do not vary" };
  if (!(control.variance > 0)) return { reason: "control's values do not vary" };
  const candidateError = candidate.variance / candidate.n;
  const controlError = control.variance / control.n;
  const degrees =
    (candidateError + controlError) ** 2 /
    (candidateError ** 2 / (candidate.n - 1) + controlError ** 2 / (control.n - 1));
  const change = candidate.mean - control.mean;
  if (difference !== 'relative') {
    return { estimate: change, standardError: Math.sqrt(candidateError + controlError), degrees, reason: null };
  }
  const square = control.mean ** 2;
  const variance = candidateError / square + (controlError * candidate.mean ** 2) / (square * square);
  return { estimate: change / control.mean, standardError: Math.sqrt(variance), degrees, reason: null };
}
