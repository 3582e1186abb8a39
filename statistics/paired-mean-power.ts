import { type Alternative, tPower } from './t-power.ts';

/** Where the spread of a per-example difference comes from. */
export type PairedSpread = {
  /** Examples. */
  readonly units: number;
  /** Variance of the true per-example differences. */
  readonly betweenVariance: number;
  /** Variance of one repetition's difference around its example's true difference. @default 0 */
  readonly withinVariance?: number;
  /** @default 1 */
  readonly repetitions?: number;
  /** Examples per cluster. @default 1 */
  readonly clusterSize?: number;
  /** Share of the variance that examples of a cluster have in common. @default 0 */
  readonly intraclassCorrelation?: number;
};

/** Standard error and degrees of freedom of the mean difference: repetitions thin the inner variance only, clusters cost a design effect. */
function pairedSpread(input: PairedSpread): { readonly standardError: number; readonly degrees: number } {
  const clusterSize = input.clusterSize ?? 1;
  const designEffect = 1 + (clusterSize - 1) * (input.intraclassCorrelation ?? 0);
  const variance = input.betweenVariance + (input.withinVariance ?? 0) / (input.repetitions ?? 1);
  return {
    standardError: Math.sqrt((variance * designEffect) / input.units),
    degrees: Math.max(0, input.units / clusterSize - 1),
  };
}

/**
 * Power of a paired comparison of means at level alpha, by the noncentral t. With `margin` it is the power to show non-inferiority: that the
 * difference is above -margin. 0 with fewer than two clusters.
 */
export function pairedMeanPower(
  input: PairedSpread & {
    readonly effect: number;
    readonly alpha: number;
    /** @default 'two-sided' */
    readonly alternative?: Alternative;
    /** @default 0 */
    readonly margin?: number;
  },
): number {
  const { standardError, degrees } = pairedSpread(input);
  if (degrees <= 0) return 0;
  const change = input.effect + (input.margin ?? 0);
  if (standardError === 0) return change === 0 ? 0 : 1;
  return tPower({
    shift: change / standardError,
    degrees,
    alpha: input.alpha,
    alternative: input.alternative ?? 'two-sided',
  });
}

/** The smallest effect shown with the wanted power, in the metric's unit; null with fewer than two clusters. */
export function pairedMeanDetectableEffect(
  input: PairedSpread & {
    readonly alpha: number;
    readonly power: number;
    readonly alternative?: 'two-sided' | 'larger';
  },
): number | null {
  const { standardError, degrees } = pairedSpread(input);
  if (degrees <= 0) return null;
  let low = 0;
  let high = standardError;
  while (pairedMeanPower({ ...input, effect: high }) < input.power) high *= 2;
  for (let i = 0; i < 60 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (pairedMeanPower({ ...input, effect: middle }) < input.power) low = middle;
    else high = middle;
  }
  return high;
}
