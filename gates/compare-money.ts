import { clusteredTInterval } from '../statistics/clustered-t-interval.ts';
import { createGenerator } from '../statistics/generator.ts';
import { ratioSignFlipInterval } from '../statistics/ratio-sign-flip-interval.ts';
import { signFlipTest } from '../statistics/sign-flip-test.ts';
import type { Clusters } from './cluster-numbers.ts';
import { closedFormFrom, fewestUnits, type TestOptions, type TestResult, undecided } from './comparison.ts';
import type { PairedExamples } from './paired-examples.ts';

/**
 * Ratio of arithmetic means candidate / control (never of logarithms, which may point the wrong way): sign flips of
 * examples or clusters, inverted; from 5,000 independent examples on the t interval of the linearised ratio. Fewer than 6 units decide nothing. Not a bootstrap: on lognormal costs of 20 examples BCa called 237 of 2,000 A/A
 * runs different.
 */
export function compareMoney(pairs: PairedExamples, clusters: Clusters | null, options: TestOptions): TestResult {
  const { control, candidate, differences } = pairs;
  const n = control.length;
  const name = 'ratio of means';
  if (n === 0) return undecided(name, 'no example has a value in both variants');
  const units = clusters?.count ?? n;
  const [before, after] = [total(control), total(candidate)];
  if (before === 0 && after > 0) {
    return undecided(name, 'control cost nothing and the candidate did: there is no ratio');
  }
  const estimate = before === 0 ? 1 : after / before;
  if (units < fewestUnits) {
    const noun = clusters === null ? 'example' : 'cluster';
    return undecided(
      name,
      `${units} ${noun}${units === 1 ? '' : 's'} cannot decide, ${fewestUnits} are needed`,
      estimate,
    );
  }
  // Amounts in one and the same proportion in every pair leave nothing to resample: no other ratio agrees with any pair.
  if (
    control.every((amount, i) => Math.abs((candidate[i] as number) - estimate * amount) <= 1e-12 * Math.abs(amount))
  ) {
    const pValue = estimate === 1 ? 1 : flipTest(differences, clusters, options);
    return { estimate, interval: [estimate, estimate], pValue, test: `${name}, the same in every pair`, reason: null };
  }
  if (before > 0 && n >= closedFormFrom && clusters === null) {
    return linearised({ pairs, estimate, confidence: options.confidence });
  }
  const result = ratioSignFlipInterval({
    candidate,
    control,
    clusters: clusters?.numbers,
    confidence: options.confidence,
    generator: createGenerator(`${options.seed}/flip`),
  });
  return {
    estimate: result.estimate,
    interval: result.interval && [result.interval[0], result.interval[1]],
    pValue: result.pValue,
    test: `${name}, sign-flip permutation${clusters === null ? '' : ' over clusters'}, interval by inversion`,
    reason: result.reason,
  };
}

/**
 * Delta method: r + (candidate - r control) / mean(control) has the ratio r as its mean and, nearly, its standard
 * error.
 */
function linearised(input: { pairs: PairedExamples; estimate: number; confidence: number }): TestResult {
  const { pairs, estimate, confidence } = input;
  const { control, candidate, differences } = pairs;
  const n = control.length;
  const level = total(control) / n;
  const values = control.map((amount, i) => estimate + ((candidate[i] as number) - estimate * amount) / level);
  const result = clusteredTInterval({ values, confidence });
  return {
    estimate,
    interval: result.interval && [result.interval[0], result.interval[1]],
    pValue: clusteredTInterval({ values: differences, confidence }).pValue,
    test: 'ratio of means, t interval (delta method)',
    reason: result.reason,
  };
}

function flipTest(differences: Float64Array, clusters: Clusters | null, { seed }: TestOptions): number | null {
  return signFlipTest({ differences, clusters: clusters?.numbers, generator: createGenerator(`${seed}/flip`) }).pValue;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
