import { type AdjustedPValues, ascending, type PValueFamily } from './holm.ts';

/** Benjamini and Hochberg's step-up correction (1995): false discovery rate at most alpha for independent or positively dependent tests. */
export function benjaminiHochberg({ pValues, alpha }: PValueFamily): AdjustedPValues {
  const order = ascending(pValues);
  const count = pValues.length;
  const adjusted = new Array<number>(count);
  let smallest = 1;
  for (let rank = count; rank >= 1; rank--) {
    const index = order[rank - 1] as number;
    smallest = Math.min(smallest, (pValues[index] as number) / (rank / count));
    adjusted[index] = smallest;
  }
  return { adjusted, reject: adjusted.map((p) => p <= alpha) };
}
