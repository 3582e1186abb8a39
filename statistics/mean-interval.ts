import { checkConfidence, checkFinite } from './check.ts';
import type { IntervalResult } from './interval-result.ts';
import { studentTQuantile } from './student-t.ts';

/**
 * Mean with Student's t interval. Null below 2 values. Values that do not vary give null too: a sample without spread says
 * nothing about the spread of its population.
 */
export function meanInterval(input: {
  readonly values: ArrayLike<number>;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
}): IntervalResult {
  const { values, confidence } = input;
  checkConfidence(confidence);
  checkFinite('values', values);
  const n = values.length;
  if (n === 0) return { estimate: null, interval: null, reason: 'no values' };
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] as number;
  mean /= n;
  if (n === 1) return { estimate: mean, interval: null, reason: 'one value has no spread' };
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((values[i] as number) - mean) ** 2;
  if (squares === 0) return { estimate: mean, interval: null, reason: 'all values are equal' };
  const half = studentTQuantile(1 - (1 - confidence) / 2, n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { estimate: mean, interval: [mean - half, mean + half], reason: null };
}
