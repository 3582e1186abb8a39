import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import { sortedQuantile } from '../statistics/quantile.ts';
import { cellValue } from './cell-value.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { nobodyConverged } from './restrict-steps.ts';

/** Mean of per-example means of a variant at `positions`, or a quantile of its trials there; null without a value. */
export function variantLevel(
  reader: EvidenceReader,
  input: { metric: MetricEvidence; variant: string; positions: Uint32Array; quantile: number | null },
): number | null {
  const { metric, variant, positions, quantile } = input;
  if (quantile !== null) {
    const values = sortedCells(reader, input);
    return values.length === 0 ? null : sortedQuantile(values, quantile);
  }
  if (nobodyConverged(metric)) return null;
  const { means } = reader.values(metric, variant);
  let sum = 0;
  let n = 0;
  for (const position of positions) {
    const mean = means[position] as number;
    if (Number.isNaN(mean)) continue;
    sum += mean;
    n++;
  }
  return n === 0 ? null : sum / n;
}

/** The values of a variant's trials at `positions`, ascending. */
export function sortedCells(
  reader: EvidenceReader,
  input: { metric: MetricEvidence; variant: string; positions: Uint32Array },
): Float64Array {
  const { repetitions } = reader.evidence;
  const values = new Float64Array(input.positions.length * repetitions);
  let n = 0;
  for (const position of input.positions) {
    for (let cell = position * repetitions; cell < (position + 1) * repetitions; cell++) {
      const value = cellValue(input.metric, input.variant, cell) ?? Number.NaN;
      if (!Number.isNaN(value)) values[n++] = value;
    }
  }
  return values.subarray(0, n).sort();
}
