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
 * Mean of `values` with a cluster-robust t interval on G - 1 degrees of freedom; the variance is the cluster jackknife
 * CV3 = (G - 1) / G x sum over clusters of (mean without the cluster - mean)^2 (MacKinnon, Nielsen and Webb 2023), since
 * the plain sandwich is too small when sizes differ. Meant for 100 clusters and more: below, unequal clusters raise too
 * many false alarms; flip clusters there. Null below 2 clusters or without spread.
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
    const without = (total - (sums[i] as number)) / (n - (sizes[i] as number));
    squares += (without - estimate) ** 2;
    magnitude = Math.max(magnitude, Math.abs(without));
  }
  if (squares <= (1e-13 * magnitude) ** 2) {
    return { estimate, interval: null, reason: 'the clusters do not vary', pValue: null, clusters };
  }
  const error = Math.sqrt(((clusters - 1) / clusters) * squares);
  const half = studentTQuantile(1 - (1 - input.confidence) / 2, clusters - 1) * error;
  return {
    estimate,
    interval: [estimate - half, estimate + half],
    reason: null,
    pValue: studentTTwoSided(estimate / error, clusters - 1),
    clusters,
  };
}
