import { betaQuantile } from '../../../statistics/beta.ts';
import { binomialPmf } from '../../../statistics/binomial.ts';
import { normalCdf, normalQuantile } from '../../../statistics/normal.ts';

/** Fields of the golden suite `proportion_intervals` that the product does not use. */
type Arm = { readonly successes: number; readonly n: number };

export function agrestiCoullInterval({ successes, n }: Arm, alpha: number): [number, number] {
  const z = normalQuantile(1 - alpha / 2);
  const total = n + z * z;
  const p = (successes + (z * z) / 2) / total;
  const half = z * Math.sqrt((p * (1 - p)) / total);
  return [Math.max(0, p - half), Math.min(1, p + half)];
}

export function jeffreysInterval({ successes, n }: Arm, alpha: number): [number, number] {
  return [
    betaQuantile(alpha / 2, successes + 0.5, n - successes + 0.5),
    betaQuantile(1 - alpha / 2, successes + 0.5, n - successes + 0.5),
  ];
}

export function waldInterval(a: Arm, b: Arm, alpha: number): [number, number] {
  const p = a.successes / a.n;
  const q = b.successes / b.n;
  const half = normalQuantile(1 - alpha / 2) * Math.sqrt((p * (1 - p)) / a.n + (q * (1 - q)) / b.n);
  return [p - q - half, p - q + half];
}

/** Pooled two-proportion z test; null when every unit or no unit succeeded. */
export function pooledZTest(a: Arm, b: Arm): { z: number | null; p: number | null } {
  const pooled = (a.successes + b.successes) / (a.n + b.n);
  const variance = pooled * (1 - pooled) * (1 / a.n + 1 / b.n);
  if (!(variance > 0)) return { z: null, p: null };
  const z = (a.successes / a.n - b.successes / b.n) / Math.sqrt(variance);
  return { z, p: 2 * normalCdf(-Math.abs(z)) };
}

/** Fisher's exact test, two-sided: the sum of all tables at most as probable as the observed one. */
export function fisherExact(a: Arm, b: Arm): number {
  const successes = a.successes + b.successes;
  const total = a.n + b.n;
  if (successes === 0 || successes === total) return 1;
  const share = successes / total;
  const whole = binomialPmf(successes, total, share);
  const probability = (k: number) => (binomialPmf(k, a.n, share) * binomialPmf(successes - k, b.n, share)) / whole;
  const limit = probability(a.successes) * (1 + 1e-10);
  let p = 0;
  for (let k = Math.max(0, successes - b.n); k <= Math.min(successes, a.n); k++) {
    const each = probability(k);
    if (each <= limit) p += each;
  }
  return Math.min(1, p);
}
