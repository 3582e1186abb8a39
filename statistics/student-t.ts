import { betaCdf, logBeta } from './beta.ts';
import { normalQuantile } from './normal.ts';

/** P(T >= t) of Student's t with `degrees` > 0 (need not be whole): accurate in the far tail. */
export function studentTUpper(t: number, degrees: number): number {
  if (!(degrees > 0)) throw new RangeError(`degrees of freedom must be above 0, found ${degrees}`);
  if (t < 0) return 1 - studentTUpper(-t, degrees);
  if (t === Number.POSITIVE_INFINITY) return 0;
  const square = t * t;
  return 0.5 * betaCdf(degrees / (degrees + square), degrees / 2, 0.5, square / (degrees + square));
}

/** P(T <= t) of Student's t with `degrees` of freedom. */
export function studentTCdf(t: number, degrees: number): number {
  return studentTUpper(-t, degrees);
}

/** P(|T| >= |t|), the two-sided p value. */
export function studentTTwoSided(t: number, degrees: number): number {
  return 2 * studentTUpper(Math.abs(t), degrees);
}

function logDensity(t: number, degrees: number): number {
  return -0.5 * Math.log(degrees) - logBeta(0.5, degrees / 2) - ((degrees + 1) / 2) * Math.log1p((t * t) / degrees);
}

/** The t with P(T <= t) = p, 0 < p < 1: Newton on the log of the upper tail from a Cornish-Fisher start. */
export function studentTQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`studentTQuantile needs 0 < p < 1, found ${p}`);
  if (!(degrees > 0)) throw new RangeError(`degrees of freedom must be above 0, found ${degrees}`);
  if (p === 0.5) return 0;
  if (p < 0.5) return -upperQuantile(p, degrees);
  return upperQuantile(1 - p, degrees);
}

function upperQuantile(tail: number, degrees: number): number {
  const z = -normalQuantile(tail);
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let t =
    degrees < 3
      ? Math.max(z, (2 * tail) ** (-1 / degrees) * Math.sqrt(degrees) * 0.7)
      : z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees * degrees);
  for (let i = 0; i < 200; i++) {
    const value = studentTUpper(t, degrees);
    if (value > tail) low = t;
    else high = t;
    let next = t + (value * Math.log(value / tail)) / Math.exp(logDensity(t, degrees));
    if (!(next >= low && next <= high)) next = high === Number.POSITIVE_INFINITY ? 2 * t + 1 : (low + high) / 2;
    if (Math.abs(next - t) <= 1e-15 * Math.abs(t)) return next;
    t = next;
  }
  return t;
}
