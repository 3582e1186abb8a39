import { clusterSums } from './cluster-sums.ts';
import type { Generator } from './generator.ts';
import { takeState } from './generator-state.ts';
import { pValueAtZero, signFlips } from './sign-flips.ts';

export type SignFlipInput = {
  /** Per unit candidate - control, oriented so that up is good. */
  readonly differences: ArrayLike<number>;
  /** Cluster key of each difference: whole clusters are flipped. */
  readonly clusters?: ArrayLike<string | number> | undefined;
  /** Random sign patterns where listing all is too much. @default 10000, fewer above 2,000 units @minimum 99 */
  readonly permutations?: number;
  /** Used only when there are more than 14 units (clusters). */
  readonly generator: Generator;
};

export type SignFlipTestResult =
  | {
      readonly pValue: number;
      /** True when all sign patterns were listed, false for random ones with the (1 + b) / (1 + m) rule. */
      readonly exact: boolean;
      /** Units (clusters when given) that were flipped. */
      readonly units: number;
      readonly reason: null;
    }
  | { readonly pValue: null; readonly exact: false; readonly units: number; readonly reason: string };

/**
 * Two-sided sign-flip permutation test of "the mean difference is 0": under it the sign of every unit's (cluster's) sum was
 * a coin toss. Exact for up to 14 units; else seeded Monte Carlo, whose p value is itself valid (Phipson and Smyth 2010).
 */
export function signFlipTest(input: SignFlipInput): SignFlipTestResult {
  const units = clusterSums({ values: input.differences, clusters: input.clusters });
  if (units.sums.length === 0) return { pValue: null, exact: false, units: 0, reason: 'no pairs' };
  const flips = signFlips({ units, permutations: input.permutations, state: takeState(input.generator) });
  return { pValue: pValueAtZero(flips), exact: flips.exact, units: units.sums.length, reason: null };
}
