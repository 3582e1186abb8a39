import { checkCount, checkPaired } from './check.ts';
import { stirlingError } from './gamma.ts';

/** One look: evidence for a broken ratio so far and the running minimum of 1 / Bayes factor. */
export type SequentialSampleRatioLook = { readonly logBayesFactor: number; readonly pValue: number };

/**
 * Sample ratio test that stays valid at every look (Lindon and Malek 2020): Dirichlet-multinomial Bayes factor with prior
 * Dirichlet(concentration x weights), per batch logBF += log DirMult(n | a) - log Multinomial(n | weights), a += n, p = min(p, 1 / BF).
 * Only for stretches with constant weights: one test per traffic revision, on first exposures. One entry per batch.
 */
export function sequentialSampleRatioTest(input: {
  /** Units per arm that are new in each batch. */
  readonly batches: readonly (readonly number[])[];
  /** Positive, summing to 1. */
  readonly weights: readonly number[];
  /** @default 10000 */
  readonly concentration?: number;
}): readonly SequentialSampleRatioLook[] {
  const { batches, weights } = input;
  const concentration = input.concentration ?? 10_000;
  const posterior = weights.map((weight) => weight * concentration);
  let posteriorTotal = 0;
  for (const value of posterior) posteriorTotal += value;
  let logBayesFactor = 0;
  let pValue = 1;
  return batches.map((batch, at) => {
    checkPaired(`batches[${at}]`, batch, 'weights', weights);
    let total = 0;
    // The multinomial coefficients of the two models are the same and cancel.
    batch.forEach((count, arm) => {
      checkCount(`batches[${at}][${arm}]`, count);
      if (count === 0) return;
      const prior = posterior[arm] as number;
      const weight = weights[arm] as number;
      logBayesFactor += weight > 0 ? logRising(prior, count) - count * Math.log(weight) : Number.POSITIVE_INFINITY;
      posterior[arm] = prior + count;
      total += count;
    });
    if (total > 0) logBayesFactor -= logRising(posteriorTotal, total);
    posteriorTotal += total;
    pValue = Math.min(pValue, Math.exp(-logBayesFactor));
    return { logBayesFactor, pValue };
  });
}

/** ln Gamma(a + n) - ln Gamma(a) as a difference of Stirling formulas, which keeps the digits two log gammas would lose. */
function logRising(a: number, n: number): number {
  return (a - 0.5) * Math.log1p(n / a) + n * Math.log(a + n) - n + stirlingError(a + n) - stirlingError(a);
}
