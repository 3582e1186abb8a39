import { deviance, logGamma, stirlingError } from './gamma.ts';

/** ln B(a, b), a and b > 0, without the cancellation of three log gammas when one of them is large. */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < 12) return logGamma(a) + logGamma(b) - logGamma(a + b);
  if (small < 12) {
    // ln Gamma(large) - ln Gamma(large + small) by the difference of two Stirling formulas
    return (
      logGamma(small) +
      small -
      (large - 0.5) * Math.log1p(small / large) -
      small * Math.log(large + small) +
      (stirlingError(large) - stirlingError(large + small))
    );
  }
  return (
    0.9189385332046727 +
    (small - 0.5) * Math.log(small / (large + small)) -
    large * Math.log1p(small / large) -
    0.5 * Math.log(large) +
    (stirlingError(small) + stirlingError(large) - stirlingError(small + large))
  );
}

/** x^a y^b / B(a, b) with y = 1 - x, by Loader's saddle point so that large a and b keep their digits. */
function betaTerm(a: number, b: number, x: number, y: number): number {
  if (x <= 0 || y <= 0) return 0;
  if (a < 12 && b < 12) return Math.exp(a * Math.log(x) + b * Math.log(y) - logBeta(a, b));
  const n = a + b;
  const exponent = stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y);
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(exponent);
}

/**
 * Regularised incomplete beta function I_x(a, b): P(X <= x) for X ~ Beta(a, b). `y` = 1 - x may be given where the
 * caller knows it with more digits. Lentz's continued fraction on the side where it converges fast.
 */
export function betaCdf(x: number, a: number, b: number, y = 1 - x): number {
  if (!(a > 0) || !(b > 0)) throw new RangeError(`betaCdf needs a > 0 and b > 0, found ${a} and ${b}`);
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const term = betaTerm(a, b, x, y);
  if (x <= (a + 1) / (a + b + 2)) return Math.min(1, term * betaFraction(x, y, a, b));
  return Math.max(0, 1 - term * betaFraction(y, x, b, a));
}

/** The continued fraction in y = 1 - x where x is near 1: `1 - (a + b) x / (a + 1)` would lose every digit there. */
function betaFraction(x: number, y: number, a: number, b: number): number {
  const tiny = 1e-300;
  const first = x > 0.5 ? (1 - b + (a + b) * y) / (a + 1) : 1 - ((a + b) * x) / (a + 1);
  // Even part of the fraction (DiDonato and Morris 1992): one term for every two of the classic form, and no term
  // subtracts nearly equal numbers.
  const scaled = (a + 1) * first;
  let numeratorBefore = 0;
  let denominatorBefore = 1;
  let numerator = 1;
  let denominator = Math.abs(first) < tiny ? tiny : scaled / (1 + 1 / a);
  let ratio = numerator / denominator;
  let p = 1;
  let s = a + 1;
  for (let n = 1; n < 1_000_000; n++) {
    const t = n / a;
    const w = n * (b - n) * x;
    const e = a / s;
    const alpha = p * (p + b / a) * e * e * (w * x);
    const beta = n + w / s + ((1 + t) / (1 + 1 / a + 2 * t)) * (scaled + n * (1 + y));
    p = 1 + t;
    s += 2;
    const nextNumerator = alpha * numeratorBefore + beta * numerator;
    const nextDenominator = alpha * denominatorBefore + beta * denominator;
    const before = ratio;
    ratio = nextNumerator / nextDenominator;
    if (Math.abs(ratio - before) <= 1e-15 * Math.abs(ratio)) break;
    numeratorBefore = numerator / nextDenominator;
    denominatorBefore = denominator / nextDenominator;
    numerator = ratio;
    denominator = 1;
  }
  return ratio;
}

/** The x with P(X <= x) = p for X ~ Beta(a, b): Newton steps on the log of the smaller tail, kept inside a bracket. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`betaQuantile needs a probability, found ${p}`);
  if (p === 0) return 0;
  if (p === 1) return 1;
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  // Solve for ln(x) when the answer hugs 0: a Newton step in x would leave the bracket again and again.
  const guess = Math.exp((Math.log(p) + Math.log(a) + logBeta(a, b)) / a);
  if (guess < x && guess > 0 && (a < 1 || guess < 0.05)) x = guess;
  for (let i = 0; i < 400; i++) {
    const value = betaCdf(x, a, b);
    if (value < p) low = x;
    else high = x;
    const density = betaTerm(a, b, x, 1 - x) / (x * (1 - x));
    const useUpper = p > 0.9;
    const logStep = useUpper
      ? ((1 - value) * Math.log((1 - value) / (1 - p))) / density
      : (-value * Math.log(value / p)) / density;
    let next = x + logStep;
    if (!(next > low && next < high)) next = low > 0 && high / low > 4 ? Math.sqrt(low * high) : (low + high) / 2;
    if (!(next > low && next < high)) return x;
    if (Math.abs(next - x) <= 2e-16 * x) return next;
    x = next;
  }
  return x;
}
