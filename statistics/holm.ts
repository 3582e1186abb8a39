/** One family of p values after correction, in the order given. */
export type AdjustedPValues = {
  readonly adjusted: readonly number[];
  /** adjusted <= alpha */
  readonly reject: readonly boolean[];
};

export type PValueFamily = {
  readonly pValues: readonly number[];
  /** Family-wise error rate (Holm) or false discovery rate (Benjamini-Hochberg). */
  readonly alpha: number;
};

/** Holm's step-down correction (1979): family-wise error at most alpha under any dependence. */
export function holm({ pValues, alpha }: PValueFamily): AdjustedPValues {
  const order = ascending(pValues);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues[index] as number) * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return { adjusted, reject: adjusted.map((p) => p <= alpha) };
}

/** Positions by rising p value. Throws RangeError on anything that is not a probability. */
export function ascending(pValues: readonly number[]): number[] {
  for (const p of pValues) if (!(p >= 0 && p <= 1)) throw new RangeError(`a p value must be in 0..1, found ${p}`);
  return pValues.map((_, i) => i).sort((i, j) => (pValues[i] as number) - (pValues[j] as number));
}
