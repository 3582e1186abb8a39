import { checkConfidence, checkFinite, checkPaired } from './check.ts';
import type { Generator } from './generator.ts';
import type { IntervalResult } from './interval-result.ts';
import { sortedQuantile } from './quantile.ts';

/**
 * Difference candidate - control of one quantile (type 7) of two paired samples, with a percentile bootstrap that draws whole pairs,
 * or clusters when given. Null below 2 units, or when fewer than 5 values lie on either side of the quantile: a bootstrap of a tail
 * nobody has seen invents its precision.
 */
export function pairedQuantileDifferenceInterval(input: {
  readonly candidate: ArrayLike<number>;
  readonly control: ArrayLike<number>;
  readonly clusters?: ArrayLike<string | number> | undefined;
  /** E.g. 0.5 or 0.95, strictly between 0 and 1. */
  readonly probability: number;
  /** Level of the two-sided interval, e.g. 0.95. */
  readonly confidence: number;
  /** @default 2000 */
  readonly resamples?: number;
  readonly generator: Generator;
}): IntervalResult {
  const { candidate, control, probability, confidence, generator } = input;
  checkConfidence(confidence);
  checkFinite('candidate', candidate);
  checkFinite('control', control);
  checkPaired('candidate', candidate, 'control', control);
  const n = candidate.length;
  if (n === 0) return { estimate: null, interval: null, reason: 'no pairs' };
  const one = orderOf(candidate);
  const two = orderOf(control);
  const estimate = sortedQuantile(one.sorted, probability) - sortedQuantile(two.sorted, probability);
  if (n * Math.min(probability, 1 - probability) < 5) {
    return { estimate, interval: null, reason: `${n} pairs are too few for the ${probability} quantile` };
  }
  const { unitOf, units } = unitsOf(n, input.clusters);
  if (units < 2) return { estimate, interval: null, reason: 'one cluster has no spread' };
  const unitSizes = new Float64Array(units);
  for (let i = 0; i < n; i++) unitSizes[unitOf[i] as number] = (unitSizes[unitOf[i] as number] as number) + 1;
  const resamples = input.resamples ?? 2_000;
  const differences = new Float64Array(resamples);
  const counts = new Uint32Array(units);
  const oneUnits = one.order.map((index) => unitOf[index] as number);
  const twoUnits = two.order.map((index) => unitOf[index] as number);
  for (let r = 0; r < resamples; r++) {
    counts.fill(0);
    let size = 0;
    for (let i = 0; i < units; i++) {
      const unit = ((generator.nextUint32() / 0x100000000) * units) | 0;
      counts[unit] = (counts[unit] as number) + 1;
      size += unitSizes[unit] as number;
    }
    const position = (size - 1) * probability;
    differences[r] =
      countedQuantile(one.sorted, oneUnits, counts, position) - countedQuantile(two.sorted, twoUnits, counts, position);
  }
  differences.sort();
  const tail = (1 - confidence) / 2;
  return {
    estimate,
    interval: [sortedQuantile(differences, tail), sortedQuantile(differences, 1 - tail)],
    reason: null,
  };
}

function orderOf(values: ArrayLike<number>): { sorted: Float64Array; order: Uint32Array } {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort(
    (i, j) => (values[i] as number) - (values[j] as number),
  );
  return { sorted: Float64Array.from(order, (index) => values[index] as number), order };
}

function unitsOf(n: number, clusters: ArrayLike<string | number> | undefined): { unitOf: Uint32Array; units: number } {
  if (clusters === undefined) return { unitOf: Uint32Array.from({ length: n }, (_, i) => i), units: n };
  checkPaired('candidate', { length: n }, 'clusters', clusters);
  const seen = new Map<string | number, number>();
  const unitOf = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const key = clusters[i] as string | number;
    if (!seen.has(key)) seen.set(key, seen.size);
    unitOf[i] = seen.get(key) as number;
  }
  return { unitOf, units: seen.size };
}

/** Type-7 quantile at `position` (from 0) of sorted values that occur as often as their unit was drawn. */
function countedQuantile(sorted: Float64Array, units: Uint32Array, counts: Uint32Array, position: number): number {
  const whole = Math.floor(position);
  let passed = 0;
  let i = 0;
  for (; i < sorted.length; i++) {
    passed += counts[units[i] as number] as number;
    if (passed > whole) break;
  }
  const low = sorted[i] as number;
  if (position === whole || passed > whole + 1) return low;
  do i++;
  while (i < sorted.length - 1 && (counts[units[i] as number] as number) === 0);
  const high = i < sorted.length ? (sorted[i] as number) : low;
  return low + (position - whole) * (high - low);
}
