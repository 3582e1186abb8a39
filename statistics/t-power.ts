import { noncentralTUpper } from './noncentral-t.ts';
import { studentTQuantile } from './student-t.ts';

/** `two-sided` counts rejections in both tails. */
export type Alternative = 'two-sided' | 'larger' | 'smaller';

/** Power of a t test at level alpha whose statistic is noncentral t with this shift and these degrees of freedom. */
export function tPower(input: {
  readonly shift: number;
  readonly degrees: number;
  readonly alpha: number;
  readonly alternative: Alternative;
}): number {
  const { shift, degrees, alpha, alternative } = input;
  if (alternative === 'smaller') return tPower({ ...input, shift: -shift, alternative: 'larger' });
  const limit = studentTQuantile(1 - (alternative === 'two-sided' ? alpha / 2 : alpha), degrees);
  const upper = noncentralTUpper(limit, degrees, shift);
  return alternative === 'larger' ? upper : Math.min(1, upper + noncentralTUpper(limit, degrees, -shift));
}
