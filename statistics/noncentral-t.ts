import { logGamma } from './gamma.ts';
import { normalCdf } from './normal.ts';

/**
 * P(T > limit) of the noncentral t with `degrees` of freedom and noncentrality `shift`: T = (Z + shift) / sqrt(W / degrees), so it is the mean of Phi(shift -
 * limit sqrt(W / degrees)) over the chi variable, by Simpson's rule on its bulk. Absolute error below 1e-9.
 */
export function noncentralTUpper(limit: number, degrees: number, shift: number): number {
  // s = sqrt(W / degrees) has density proportional to s^(degrees - 1) exp(-degrees s^2 / 2)
  const logScale = Math.LN2 + (degrees / 2) * Math.log(degrees / 2) - logGamma(degrees / 2);
  const spread = Math.sqrt(1 / (2 * degrees));
  const from = Math.max(0, 1 - 10 * spread - (degrees < 4 ? 1 : 0));
  const to = 1 + 10 * spread + 4 / degrees;
  const steps = 800;
  const width = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const s = from + i * width;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    const density =
      s === 0
        ? degrees === 1
          ? Math.exp(logScale)
          : 0
        : Math.exp(logScale + (degrees - 1) * Math.log(s) - (degrees / 2) * s * s);
    sum += weight * density * normalCdf(shift - limit * s);
  }
  return Math.min(1, Math.max(0, (sum * width) / 3));
}
