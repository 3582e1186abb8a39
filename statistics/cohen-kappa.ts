import { checkPaired } from './check.ts';

export type KappaWeights = 'unweighted' | 'linear' | 'quadratic';

/**
 * Cohen's kappa of two raters over the same items (1960; weighted 1968): 1 - observed / expected disagreement, disagreement between the i-th and
 * j-th label being 1, |i - j| or (i - j)^2. `labels` in their order, also those nobody used. Null when chance alone would agree
 * always (one label only): undefined, not 1.
 */
export function cohenKappa<Label extends string | number | boolean>(input: {
  readonly rater1: readonly Label[];
  readonly rater2: readonly Label[];
  readonly labels: readonly Label[];
  /** @default 'unweighted' */
  readonly weights?: KappaWeights;
}): number | null {
  const { rater1, rater2, labels } = input;
  checkPaired('rater1', rater1, 'rater2', rater2);
  const weights = input.weights ?? 'unweighted';
  const position = new Map(labels.map((label, i) => [label, i]));
  const size = labels.length;
  const joint = new Float64Array(size * size);
  for (let item = 0; item < rater1.length; item++) {
    const i = positionOf(position, rater1[item] as Label);
    const j = positionOf(position, rater2[item] as Label);
    joint[i * size + j] = (joint[i * size + j] as number) + 1;
  }
  return kappaOfTable({ joint, size, weights });
}

/**
 * The same from the table of counts, for those who have it: `joint[i * size + j]` items that the first rater gave the
 * i-th label and the second the j-th.
 */
export function kappaOfTable(input: {
  readonly joint: ArrayLike<number>;
  readonly size: number;
  /** @default 'unweighted' */
  readonly weights?: KappaWeights;
}): number | null {
  const { joint, size, weights = 'unweighted' } = input;
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  let items = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const count = joint[i * size + j] as number;
      first[i] = (first[i] as number) + count;
      second[j] = (second[j] as number) + count;
      items += count;
    }
  }
  let observed = 0;
  let expected = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const distance = disagreement(weights, i, j);
      observed += distance * (joint[i * size + j] as number);
      expected += (distance * (first[i] as number) * (second[j] as number)) / items;
    }
  }
  return expected > 0 ? 1 - observed / expected : null;
}

function disagreement(weights: KappaWeights, i: number, j: number): number {
  if (weights === 'linear') return Math.abs(i - j);
  if (weights === 'quadratic') return (i - j) ** 2;
  return i === j ? 0 : 1;
}

function positionOf<Label>(position: ReadonlyMap<Label, number>, label: Label): number {
  const found = position.get(label);
  if (found === undefined) throw new RangeError(`label ${String(label)} is not among the labels`);
  return found;
}
