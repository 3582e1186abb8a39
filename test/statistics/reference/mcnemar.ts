import { binomialPmf } from '../../../statistics/binomial.ts';
import { chiSquareUpper } from '../../../statistics/gamma.ts';

/** Exact p value minus half of both tails' edge: 1 when the counts are equal. */
export function mcnemarMidP(b: number, c: number, exact: number): number {
  return b === c ? 1 : exact - binomialPmf(Math.min(b, c), b + c, 0.5);
}

/** McNemar's chi-square with or without continuity correction; null without discordant pairs. */
export function mcnemarChiSquare(b: number, c: number, corrected: boolean): { chi2: number | null; p: number | null } {
  if (b + c === 0) return { chi2: null, p: null };
  const chi2 = (Math.abs(b - c) - (corrected ? 1 : 0)) ** 2 / (b + c);
  return { chi2, p: chiSquareUpper(chi2, 1) };
}
