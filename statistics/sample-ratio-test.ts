import { checkCount, checkPaired } from './check.ts';
import { chiSquareUpper } from './gamma.ts';

/** Below this p value a sample ratio counts as broken. */
const SAMPLE_RATIO_ALPHA = 0.001;

export type SampleRatioResult = {
  readonly chiSquare: number;
  readonly degrees: number;
  /** 1 when nothing was observed. */
  readonly pValue: number;
  /** pValue < 0.001 */
  readonly mismatch: boolean;
};

/**
 * Pearson's goodness of fit of units per arm against the traffic weights, for one look. Arms with weight 0 are left out of statistic
 * and degrees of freedom. Looking again and again needs `sequentialSampleRatioTest`.
 */
export function sampleRatioTest(input: {
  readonly observed: readonly number[];
  /** Any positive scale; they are divided by their sum. */
  readonly weights: readonly number[];
}): SampleRatioResult {
  const { observed, weights } = input;
  checkPaired('observed', observed, 'weights', weights);
  let total = 0;
  let weightTotal = 0;
  let arms = 0;
  observed.forEach((count, i) => {
    checkCount(`observed[${i}]`, count);
    if (!((weights[i] as number) > 0)) return;
    total += count;
    weightTotal += weights[i] as number;
    arms++;
  });
  const degrees = Math.max(0, arms - 1);
  if (total === 0 || degrees === 0) return { chiSquare: 0, degrees, pValue: 1, mismatch: false };
  let chiSquare = 0;
  observed.forEach((count, i) => {
    const weight = weights[i] as number;
    if (!(weight > 0)) return;
    const expected = (total * weight) / weightTotal;
    chiSquare += (count - expected) ** 2 / expected;
  });
  const pValue = chiSquareUpper(chiSquare, degrees);
  return { chiSquare, degrees, pValue, mismatch: pValue < SAMPLE_RATIO_ALPHA };
}
