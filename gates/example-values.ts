import type { ExperimentEvidence, MetricEvidence } from '../schema/contracts/evidence.ts';
import { cellValue } from './cell-value.ts';

/** One metric of one variant, added up over the repetitions of each example. Index = position in exampleIds. */
export interface ExampleValues {
  sums: Float64Array;
  /** Repetitions with a value. */
  counts: Uint16Array;
  /** Repetitions that should have a value and do not. */
  missing: Uint16Array;
  /** Mean over the repetitions with a value; NaN where there is none. */
  means: Float64Array;
  /** Cells (example x repetition) with a value. */
  cells: number;
}

/** Reads a metric of a variant. */
export function exampleValues(evidence: ExperimentEvidence, metric: MetricEvidence, variant: string): ExampleValues {
  const { repetitions } = evidence;
  const examples = evidence.exampleIds.length;
  const sums = new Float64Array(examples);
  const counts = new Uint16Array(examples);
  const missing = new Uint16Array(examples);
  const means = new Float64Array(examples).fill(Number.NaN);
  let cells = 0;
  for (let example = 0; example < examples; example++) {
    let sum = 0;
    let count = 0;
    let gaps = 0;
    for (let cell = example * repetitions; cell < (example + 1) * repetitions; cell++) {
      const value = cellValue(metric, variant, cell);
      if (value === null) gaps++;
      else if (!Number.isNaN(value)) {
        sum += value;
        count++;
      }
    }
    sums[example] = sum;
    counts[example] = count;
    missing[example] = gaps;
    if (count > 0) means[example] = sum / count;
    cells += count;
  }
  return { sums, counts, missing, means, cells };
}
