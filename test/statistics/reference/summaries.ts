import { normalQuantile } from '../../../statistics/normal.ts';
import type { SampleSummary } from '../../../statistics/welch-t-test.ts';

/** The summary statistics of the suites `welch_t` and `noninferiority_t`, as gbstats names them. */
export type GbStatistic =
  | { kind: 'mean'; n: number; sum: number; sum_squares: number }
  | { kind: 'proportion'; n: number; sum: number }
  | { kind: 'ratio'; n: number; m: GbStatistic; d: GbStatistic; md: number }
  | { kind: 'quantile'; n: number; n_star: number; nu: number; hat: number; lower: number; upper: number };

/** Mean and variance by gbstats' rules; a variance of 0 stands for "not computable". */
export function summaryOf(statistic: GbStatistic): SampleSummary {
  const { n } = statistic;
  switch (statistic.kind) {
    case 'mean': {
      const mean = n === 0 ? 0 : statistic.sum / n;
      const variance = n <= 1 ? 0 : (statistic.sum_squares - statistic.sum ** 2 / n) / (n - 1);
      return { n, mean, variance };
    }
    case 'proportion': {
      const mean = n === 0 ? 0 : statistic.sum / n;
      return { n, mean, variance: mean * (1 - mean) };
    }
    case 'ratio': {
      const m = summaryOf(statistic.m);
      const d = summaryOf(statistic.d);
      if (d.mean === 0 || n <= 1) return { n, mean: d.mean === 0 ? 0 : m.mean / d.mean, variance: 0 };
      const covariance = (statistic.md - (m.mean * m.n * d.mean * d.n) / n) / (n - 1);
      const variance =
        m.variance / d.mean ** 2 - (2 * covariance * m.mean) / d.mean ** 3 + (m.mean ** 2 * d.variance) / d.mean ** 4;
      return { n, mean: (m.mean * m.n) / (d.mean * d.n), variance };
    }
    case 'quantile':
      return { n, mean: statistic.hat, variance: quantileVariance(statistic) };
  }
}

function quantileVariance(statistic: Extract<GbStatistic, { kind: 'quantile' }>): number {
  const { n, n_star, nu, lower, upper } = statistic;
  const z = normalQuantile(0.975);
  if (n <= 1) return 0;
  if (n <= (z * z * nu) / (1 - nu) || n <= (z * z * (1 - nu)) / nu) return 0;
  const variance = (n_star / n) * (n - 1) * ((upper - lower) / (2 * z)) ** 2;
  if (variance <= 0 && n < 1000) return 0;
  return n >= 100 ? Math.max(variance, 1e-5) : variance;
}
