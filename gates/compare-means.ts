import { clusteredTInterval } from '../statistics/clustered-t-interval.ts';
import { createGenerator } from '../statistics/generator.ts';
import type { IntervalResult } from '../statistics/interval-result.ts';
import { signFlipInterval } from '../statistics/sign-flip-interval.ts';
import type { Clusters } from './cluster-numbers.ts';
import { closedFormFrom, fewestUnits, type TestOptions, type TestResult, undecided } from './comparison.ts';
import { unseenBounds } from './unseen-bounds.ts';

/**
 * Mean of per-example differences, by sign flips of the independent units (examples, or clusters where examples share
 * one), inverted. Only from 5,000 independent examples on t takes over: clusters may be unequal, and are flipped at
 * any number. Below 6 clusters nothing is decided. Not BCa: at 100 examples of which 5 changed it called 186 of 2,000
 * A/A runs different (docs/adr/0010).
 */
export function compareMeans(
  input: {
    differences: Float64Array;
    clusters: Clusters | null;
    /** Smallest and largest possible difference; null when open. */
    range: readonly [number, number] | null;
  },
  options: TestOptions,
): TestResult {
  const { differences, clusters, range } = input;
  const n = differences.length;
  if (n === 0) return undecided('none', 'no example has a value in both variants');
  if (clusters !== null && clusters.count < fewestUnits) {
    return undecided(
      'sign-flip permutation over clusters',
      `${clusters.count} cluster${clusters.count === 1 ? '' : 's'} cannot decide, ${fewestUnits} are needed`,
      mean(differences),
    );
  }
  const result = clusters === null ? independent(input, options) : clustered(differences, clusters, options);
  if (range !== null && result.interval !== null && differences.every((difference) => difference === 0)) {
    return { ...result, interval: unseenBounds({ value: 0, units: clusters?.count ?? n, range }, options.confidence) };
  }
  return result;
}

function independent(
  { differences, range }: { differences: Float64Array; range: readonly [number, number] | null },
  options: TestOptions,
): TestResult {
  const n = differences.length;
  const { confidence } = options;
  if (n >= closedFormFrom) {
    const result = clusteredTInterval({ values: differences, confidence });
    if (result.interval !== null) return named(result, result.pValue, 't interval of paired differences');
  }
  return inverted({ differences, range: range ?? undefined }, 'sign-flip permutation, interval by inversion', options);
}

function clustered(differences: Float64Array, clusters: Clusters, options: TestOptions): TestResult {
  const input = { differences, clusters: clusters.numbers };
  return inverted(input, 'sign-flip permutation over clusters, interval by inversion', options);
}

function inverted(
  input: { differences: Float64Array; clusters?: Int32Array; range?: readonly [number, number] | undefined },
  test: string,
  { confidence, seed }: TestOptions,
): TestResult {
  const result = signFlipInterval({ ...input, confidence, generator: createGenerator(`${seed}/flip`) });
  return named(result, result.pValue, test);
}

function named({ estimate, interval, reason }: IntervalResult, pValue: number | null, test: string): TestResult {
  return { estimate, interval: interval && [interval[0], interval[1]], pValue, test, reason };
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
