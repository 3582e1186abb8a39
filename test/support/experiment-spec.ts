import type { ExperimentSpec } from '../../schema/contracts/spec.ts';

/** A spec over the dataset `numbers`: two functions that differ in nothing, unless the test says so. */
export function experimentSpec(more: Partial<ExperimentSpec> = {}): ExperimentSpec {
  return {
    kind: 'experiment',
    name: 'two-solvers',
    dataset: 'numbers',
    variants: { control: solver(10), candidate: solver(10) },
    evaluators: [{ type: 'numeric_match', name: 'correct', extract: 'A: (.*)' }],
    ...more,
  };
}

/** Solves the first `right` of the numbers, for 0.001 USD each. */
export function solver(right: number): ExperimentSpec['variants'][string] {
  return { adapter: 'function', function: 'solve', parameters: { right } };
}
