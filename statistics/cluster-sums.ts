import { checkFinite, checkPaired } from './check.ts';

/** Sums and sizes of clusters, in the order in which each cluster first appears. */
export type ClusterSums = { readonly sums: Float64Array; readonly sizes: Float64Array };

/** Adds up values by cluster key; without keys every value is a cluster of its own. */
export function clusterSums(input: {
  readonly values: ArrayLike<number>;
  readonly clusters?: ArrayLike<string | number> | undefined;
}): ClusterSums {
  const { values, clusters } = input;
  checkFinite('values', values);
  if (clusters === undefined) {
    return { sums: Float64Array.from(values), sizes: new Float64Array(values.length).fill(1) };
  }
  checkPaired('values', values, 'clusters', clusters);
  const position = new Map<string | number, number>();
  const sums: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const key = clusters[i] as string | number;
    let at = position.get(key);
    if (at === undefined) {
      at = sums.length;
      position.set(key, at);
      sums.push(0);
      sizes.push(0);
    }
    sums[at] = (sums[at] as number) + (values[i] as number);
    sizes[at] = (sizes[at] as number) + 1;
  }
  return { sums: Float64Array.from(sums), sizes: Float64Array.from(sizes) };
}
