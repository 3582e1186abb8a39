import type { AdjustedPValues, PValueFamily } from '../../../statistics/holm.ts';
import { ascending } from '../../../statistics/holm.ts';

export function bonferroni({ pValues, alpha }: PValueFamily): AdjustedPValues {
  const adjusted = pValues.map((p) => Math.min(1, p * pValues.length));
  return { adjusted, reject: adjusted.map((p) => p <= alpha) };
}

/** Benjamini and Yekutieli (2001): Benjamini-Hochberg times the harmonic number, valid under any dependence. */
export function benjaminiYekutieli({ pValues, alpha }: PValueFamily): AdjustedPValues {
  const count = pValues.length;
  let harmonic = 0;
  for (let i = 1; i <= count; i++) harmonic += 1 / i;
  const order = ascending(pValues);
  const adjusted = new Array<number>(count);
  let smallest = 1;
  for (let rank = count; rank >= 1; rank--) {
    const index = order[rank - 1] as number;
    smallest = Math.min(smallest, (pValues[index] as number) / (rank / count / harmonic));
    adjusted[index] = smallest;
  }
  return { adjusted, reject: adjusted.map((p) => p <= alpha) };
}
