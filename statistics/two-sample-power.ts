import { normalCdf, normalQuantile } from './normal.ts';
import { type Alternative, tPower } from './t-power.ts';

export type TwoSamplePlan = {
  readonly alpha: number;
  /** Units of the second arm per unit of the first. @default 1 */
  readonly ratio?: number;
  /** @default 'two-sided' */
  readonly alternative?: Alternative;
};

/** What is to be detected: a difference of means in standard deviations, or two rates (compared on Cohen's h scale). */
export type TwoSampleEffect =
  | { readonly kind: 'mean'; readonly standardizedDifference: number }
  | { readonly kind: 'proportion'; readonly first: number; readonly second: number };

/** Cohen's h = 2 asin sqrt(second) - 2 asin sqrt(first): a distance of two rates whose variance does not depend on them. */
export function cohenH(first: number, second: number): number {
  return 2 * Math.asin(Math.sqrt(second)) - 2 * Math.asin(Math.sqrt(first));
}

/**
 * Power with n units in the first arm and ratio x n in the second: two-sample t for means (noncentral t on n1 + n2 - 2 degrees), the normal test
 * on Cohen's h for rates. `n` need not be whole.
 */
export function twoSamplePower(
  input: TwoSamplePlan & { readonly effect: TwoSampleEffect; readonly n: number },
): number {
  const { effect, n, alpha } = input;
  const second = n * (input.ratio ?? 1);
  const alternative = input.alternative ?? 'two-sided';
  const scale = Math.sqrt(1 / (1 / n + 1 / second));
  if (effect.kind === 'mean') {
    const degrees = n + second - 2;
    return degrees > 0 ? tPower({ shift: effect.standardizedDifference * scale, degrees, alpha, alternative }) : 0;
  }
  const shift = cohenH(effect.first, effect.second) * scale * (alternative === 'smaller' ? -1 : 1);
  const limit = -normalQuantile(alternative === 'two-sided' ? alpha / 2 : alpha);
  const upper = normalCdf(shift - limit);
  return alternative === 'two-sided' ? upper + normalCdf(-shift - limit) : upper;
}

/**
 * Units of the first arm (not rounded) for the wanted power, by bisection on `twoSamplePower`. Null when no n up to 1e12 reaches it: no effect, or one
 * in the other direction.
 */
export function twoSampleSize(
  input: TwoSamplePlan & { readonly effect: TwoSampleEffect; readonly power: number },
): number | null {
  const ratio = input.ratio ?? 1;
  const reaches = (n: number) => twoSamplePower({ ...input, n }) >= input.power;
  let low = input.effect.kind === 'mean' ? 2 / (1 + ratio) : 0;
  let high = Math.max(4, 2 * low);
  while (!reaches(high)) {
    low = high;
    high *= 2;
    if (high > 1e12) return null;
  }
  for (let i = 0; i < 100 && high - low > 1e-10 * high; i++) {
    const middle = (low + high) / 2;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
