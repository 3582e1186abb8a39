import { binomialCdf } from './binomial.ts';
import { checkCount } from './check.ts';

/**
 * Exact McNemar test: given the discordant pairs, the number where only one side passed is Binomial(n, 1/2) when the
 * variants are alike. `pValue` is two-sided, min(1, 2 P(X <= smaller count)); 1 when no pair is discordant.
 * Only for one outcome per example and variant: repetitions of an example are not independent pairs.
 */
export function mcnemarTest(input: { readonly onlyControl: number; readonly onlyCandidate: number }): {
  readonly pValue: number;
} {
  checkCount('onlyControl', input.onlyControl);
  checkCount('onlyCandidate', input.onlyCandidate);
  const smaller = Math.min(input.onlyControl, input.onlyCandidate);
  const discordant = input.onlyControl + input.onlyCandidate;
  if (2 * smaller === discordant) return { pValue: 1 };
  return { pValue: Math.min(1, 2 * binomialCdf(smaller, discordant, 0.5)) };
}
