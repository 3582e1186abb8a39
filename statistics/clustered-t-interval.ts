import { checkConfidence } from './check.ts';
import { clusterSums } from './cluster-sums.ts';
import type { IntervalResult } from './interval-result.ts';
import { studentTQuantile, studentTTwoSided } from './student-t.ts';

export type ClusteredTResult = IntervalResult & {
  /** Two-sided p value against a mean of 0; null where the interval is. */
  readonly pValue: number | null;
  readonly clusters: number;
};

/**
 * Mean of `values` with a cluster-robust t interval: variance = G / (G - 1) x sum over clusters of (sum of residuals)^2 / n^2, t on G - 1
 * degrees of freedom. Meant for 100 clusters and more: with unequal clusters it raises 15 / 13 / 10 / 8 % false alarms at
 * 6 / 10 / 20 / 40 clusters; flip clusters there. Null below 2 clusters or without spread.
 */
export function clusteredTInterval(input: {
  readonly values: ArrayLike<number>;
  readonly clusters: ArrayLike<string | number>;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
}): ClusteredTResult {
  checkConfidence(input.confidence);
  const { sums, sizes } = clusterSums(input);
  const clusters = sums.length;
  if (clusters === 0) return { estimate: null, interval: null, reason: 'no values', pValue: null, clusters };
  let total = 0;
  let n = 0;
  for (let i = 0; i < clusters; i++) {
    total += sums[i] as number;
    n += sizes[i] as number;
  }
  const estimate = total / n;
  if (clusters === 1) return { estimate, interval: null, reason: 'one cluster has no spread', pValue: null, clusters };
  let squares = 0;
  let magnitude = 0;
  for (let i = 0; i < clusters; i++) {
    const residual = (sums[i] as number) - estimate * (sizes[i] as number);
    squares += residual * residual;
    magnitude += Math.abs(sums[i] as number);
  }
  if (squares <= (1e-13 * magnitude) ** 2) {
    return { estimate, interval: null, reason: 'the clusters do not vary', pValue: null, clusters };
  }
  const error = Math.sqrt((clusters / (clusters - 1)) * squares) / n;
  const half = studentTQuantile(1 - (1 - input.confidence) / 2, clusters - 1) * error;
  return {
    estimate,
    interval: [estimate - half, estimate + half],
    reason: null,
    pValue: studentTTwoSided(estimate / error, clusters - 1),
    clusters,
  };
}
