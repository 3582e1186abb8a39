import { checkConfidence, checkFinite, checkPaired } from './check.ts';
import { type ClusteredTResult, clusteredTInterval } from './clustered-t-interval.ts';
import { normalQuantile } from './normal.ts';
import { sortedQuantile } from './quantile.ts';

/**
 * Difference candidate - control of one quantile of two paired samples, for thousands of pairs: a quantile is nearly the mean of its
 * influence values s (p - 1{x <= q}) (Bahadur 1966), so the difference has the t interval of the paired influence
 * values, clusters included. s = 1 / density at the quantile is the slope of the order statistics around it, over Hall and
 * Sheather's (1988) bandwidth. Null where so many values are equal that the slope is 0; a control of one value throughout makes it
 * the interval of the candidate's quantile alone.
 */
export function linearisedQuantileDifferenceInterval(input: {
  readonly candidate: Float64Array;
  readonly control: Float64Array;
  readonly clusters?: ArrayLike<number> | undefined;
  /** E.g. 0.5 or 0.95, strictly between 0 and 1. */
  readonly probability: number;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
}): ClusteredTResult {
  const { candidate, control, probability, confidence } = input;
  checkConfidence(confidence);
  checkFinite('candidate', candidate);
  checkFinite('control', control);
  checkPaired('candidate', candidate, 'control', control);
  const one = influenceOf(candidate, probability, confidence);
  const two = influenceOf(control, probability, confidence);
  const estimate = one.quantile - two.quantile;
  if (one.slope === 0 || (two.slope === 0 && !two.constant)) {
    const reason = `the values around the ${probability} quantile are all equal`;
    return { estimate, interval: null, reason, pValue: null, clusters: 0 };
  }
  const values = one.values;
  for (let i = 0; i < values.length; i++) {
    values[i] = estimate + (values[i] as number) - (two.values[i] as number);
  }
  const result = clusteredTInterval({ values, clusters: input.clusters, confidence });
  if (result.interval === null) return { ...result, estimate };
  // The influence values add up to 0 but for rounding and ties; the interval is centred on the quantiles themselves.
  const half = (result.interval[1] - result.interval[0]) / 2;
  return { ...result, estimate, interval: [estimate - half, estimate + half] };
}

function influenceOf(values: Float64Array, p: number, confidence: number) {
  const sorted = Float64Array.from(values).sort();
  const quantile = sortedQuantile(sorted, p);
  const h = Math.min(bandwidth(sorted.length, p, confidence), p / 2, (1 - p) / 2);
  const slope = (sortedQuantile(sorted, p + h) - sortedQuantile(sorted, p - h)) / (2 * h);
  const constant = sorted[0] === sorted[sorted.length - 1];
  return { quantile, slope, constant, values: values.map((value) => slope * (value <= quantile ? p - 1 : p)) };
}

/** n^(-1/3) z^(2/3) (1.5 f^2 / (2 x^2 + 1))^(1/3) with x and f the normal quantile and density at p. */
function bandwidth(n: number, p: number, confidence: number): number {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const x = normalQuantile(p);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  return n ** (-1 / 3) * z ** (2 / 3) * ((1.5 * density ** 2) / (2 * x * x + 1)) ** (1 / 3);
}
