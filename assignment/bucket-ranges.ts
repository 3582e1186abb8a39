/** Half-open stretch [start, end) of [0, 1). */
export type BucketRange = readonly [start: number, end: number];

/** `count` equal weights; empty for a count below 1. */
export function equalWeights(count: number): number[] {
  return count < 1 ? [] : Array.from({ length: count }, () => 1 / count);
}

/**
 * GrowthBook's getBucketRanges: range i is [sum of the weights before, that + coverage x weight). Coverage is clamped to [0, 1]; weights of the
 * wrong number, or whose sum is outside 0.99..1.01, are replaced by equal ones. Raising coverage never moves a unit to
 * another variation; changing weights does.
 */
export function bucketRanges(input: {
  readonly variations: number;
  /** @default 1 */
  readonly coverage?: number;
  /** @default equal */
  readonly weights?: readonly number[] | null;
}): BucketRange[] {
  const coverage = Math.min(1, Math.max(0, input.coverage ?? 1));
  const weights = usable(input.weights ?? null, input.variations) ?? equalWeights(input.variations);
  let start = 0;
  return weights.map((weight) => {
    const range: BucketRange = [start, start + coverage * weight];
    start += weight;
    return range;
  });
}

function usable(weights: readonly number[] | null, variations: number): readonly number[] | null {
  if (weights === null || weights.length !== variations) return null;
  let sum = 0;
  for (const weight of weights) sum += weight;
  return sum >= 0.99 && sum <= 1.01 ? weights : null;
}
