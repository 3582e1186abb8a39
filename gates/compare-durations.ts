import type { ExperimentEvidence, MetricEvidence } from '../schema/contracts/evidence.ts';
import { createGenerator } from '../statistics/generator.ts';
import { linearisedQuantileDifferenceInterval } from '../statistics/linearised-quantile-difference-interval.ts';
import { pairedQuantileDifferenceInterval } from '../statistics/paired-quantile-difference-interval.ts';
import { cellValue } from './cell-value.ts';
import type { Clusters } from './cluster-numbers.ts';
import { closedFormFrom, fewestUnits, type TestOptions, type TestResult, undecided } from './comparison.ts';

/**
 * Difference of one quantile of the trials (not of per-example means: those have other tails), with a paired
 * bootstrap that draws whole examples, or clusters; from 5,000 of them on with the t interval of the linearised quantile,
 * which says the same in a twentieth of the time. Without a control the comparison is with 0, which gives the
 * interval of one quantile alone.
 */
export function compareDurations(
  input: {
    evidence: ExperimentEvidence;
    metric: MetricEvidence;
    candidate: string;
    control: string | null;
    /** Positions of the examples that have a value in each variant compared. */
    positions: Uint32Array;
    clusters: Clusters | null;
    quantile: number;
  },
  options: TestOptions,
): TestResult {
  const { evidence, metric, positions, clusters, quantile } = input;
  const test = `difference of p${Math.round(100 * quantile)}, ${clusters === null ? '' : 'clustered '}paired bootstrap interval`;
  const units = clusters?.count ?? positions.length;
  if (units === 0) return undecided(test, 'no example has a value in both variants');
  const { repetitions } = evidence;
  const candidate = new Float64Array(positions.length * repetitions);
  const control = new Float64Array(positions.length * repetitions);
  const owners = new Int32Array(positions.length * repetitions);
  let cells = 0;
  for (let index = 0; index < positions.length; index++) {
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const cell = (positions[index] as number) * repetitions + repetition;
      const one = cellValue(metric, input.candidate, cell) ?? Number.NaN;
      const two = input.control === null ? 0 : (cellValue(metric, input.control, cell) ?? Number.NaN);
      if (Number.isNaN(one) || Number.isNaN(two)) continue;
      candidate[cells] = one;
      control[cells] = two;
      owners[cells] = clusters === null ? index : (clusters.numbers[index] as number);
      cells++;
    }
  }
  if (cells === 0) return undecided(test, 'no repetition has a value in both variants');
  const grouped = clusters !== null || repetitions > 1;
  if (units >= closedFormFrom) {
    const linear = linearisedQuantileDifferenceInterval({
      candidate: candidate.subarray(0, cells),
      control: control.subarray(0, cells),
      clusters: grouped ? owners.subarray(0, cells) : undefined,
      probability: quantile,
      confidence: options.confidence,
    });
    const { interval, estimate, pValue } = linear;
    const name = `difference of p${Math.round(100 * quantile)}, ${clusters === null ? '' : 'clustered '}t interval (delta method)`;
    if (interval !== null) return { estimate, interval: [...interval], pValue, test: name, reason: null };
  }
  const result = pairedQuantileDifferenceInterval({
    candidate: candidate.subarray(0, cells),
    control: control.subarray(0, cells),
    clusters: grouped ? owners.subarray(0, cells) : undefined,
    probability: quantile,
    confidence: options.confidence,
    resamples: Math.max(400, Math.min(2_000, Math.floor(6_000_000 / cells))),
    generator: createGenerator(`${options.seed}/resample`),
  });
  if (units < fewestUnits) {
    const noun = clusters === null ? 'example' : 'cluster';
    const reason = `${units} ${noun}${units === 1 ? '' : 's'} cannot decide, ${fewestUnits} are needed`;
    return undecided(test, reason, result.estimate);
  }
  const interval = result.interval && ([result.interval[0], result.interval[1]] as [number, number]);
  return { estimate: result.estimate, interval, pValue: null, test, reason: result.reason };
}
