import { checkConfidence } from './check.ts';
import { studentTQuantile, studentTUpper } from './student-t.ts';
import { type WelchInput, welchEffect } from './welch-t-test.ts';

export type NonInferiorityResult =
  | {
      readonly estimate: number;
      /** One-sided lower confidence bound at 1 - alpha. */
      readonly lower: number;
      readonly pValue: number;
      readonly nonInferior: boolean;
      readonly reason: null;
    }
  | {
      readonly estimate: null;
      readonly lower: null;
      readonly pValue: null;
      readonly nonInferior: false;
      readonly reason: string;
    };

/**
 * One-sided Welch test of "the candidate is worse than control by margin or more" (up is good): pValue = P(T >= (estimate + margin) / se),
 * non-inferior when pValue < alpha, the same as lower > -margin. Not computable where `welchTTest` is not.
 */
export function nonInferiorityTTest(
  input: WelchInput & {
    readonly alpha: number;
    /** Largest loss that is still fine, >= 0, in the unit of the difference. */
    readonly margin: number;
  },
): NonInferiorityResult {
  checkConfidence(1 - input.alpha);
  const effect = welchEffect(input);
  if (effect.reason !== null) {
    return { estimate: null, lower: null, pValue: null, nonInferior: false, reason: effect.reason };
  }
  const { estimate, standardError, degrees } = effect;
  const pValue = studentTUpper((estimate + input.margin) / standardError, degrees);
  const lower = estimate - studentTQuantile(1 - input.alpha, degrees) * standardError;
  return { estimate, lower, pValue, nonInferior: pValue < input.alpha, reason: null };
}
