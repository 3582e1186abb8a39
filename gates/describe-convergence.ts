import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { ConvergenceResult } from '../schema/contracts/result.ts';
import { restrictedMean } from '../statistics/restricted-mean.ts';
import { cellValue } from './cell-value.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { hasConverged, nobodyConverged } from './restrict-steps.ts';

/**
 * How a variant came to its answers: how many trials converged, the optimum (least steps of a correct trial of any
 * variant, so an early wrong stop never sets it), how near to it the variant came, and the Kaplan-Meier mean, which
 * takes trials that never converged as if they might still have.
 * @param input.metric As the reader has it, restricted at its horizon
 */
export function describeConvergence(
  reader: EvidenceReader,
  { metric, variant, confidence }: { metric: MetricEvidence; variant: string; confidence: number },
): ConvergenceResult {
  const { repetitions, exampleIds } = reader.evidence;
  const optima: number[] = [];
  const efficiencies: number[] = [];
  let converged = 0;
  for (let example = 0; example < exampleIds.length; example++) {
    const optimum = optimumOf(metric, example, repetitions);
    if (optimum !== null) optima.push(optimum);
    const shares: number[] = [];
    for (let cell = example * repetitions; cell < (example + 1) * repetitions; cell++) {
      const steps = cellValue(metric, variant, cell);
      if (steps === null || Number.isNaN(steps)) continue;
      const reached = hasConverged(metric, variant, cell);
      if (reached) converged++;
      shares.push(!reached || optimum === null ? 0 : steps === 0 ? 1 : optimum / steps);
    }
    if (shares.length > 0) efficiencies.push(mean(shares) as number);
  }
  return {
    converged,
    horizon: nobodyConverged(metric) ? null : (metric.horizon ?? null),
    optimum: mean(optima),
    efficiency: mean(efficiencies),
    kaplanMeier: kaplanMeierMean(reader, { metric, variant, confidence }),
  };
}

/** Least steps of any correct trial of an example, whichever variant made it; null where no trial was correct. */
function optimumOf(metric: MetricEvidence, example: number, repetitions: number): number | null {
  let least: number | null = null;
  for (const variant of Object.keys(metric.values)) {
    for (let cell = example * repetitions; cell < (example + 1) * repetitions; cell++) {
      if (!hasConverged(metric, variant, cell)) continue;
      const steps = metric.values[variant]?.[cell] as number;
      least = least === null ? steps : Math.min(least, steps);
    }
  }
  return least;
}

function kaplanMeierMean(
  reader: EvidenceReader,
  { metric, variant, confidence }: { metric: MetricEvidence; variant: string; confidence: number },
): ConvergenceResult['kaplanMeier'] {
  if (nobodyConverged(metric) || metric.horizon === undefined) {
    return { mean: null, interval: null, reason: 'no trial of any variant converged' };
  }
  const watched = reader.given.metrics.find(({ name }) => name === metric.name)?.values[variant];
  const times: number[] = [];
  const observed: boolean[] = [];
  for (let cell = 0; cell < reader.evidence.repetitions * reader.evidence.exampleIds.length; cell++) {
    const steps = cellValue(metric, variant, cell);
    if (steps === null || Number.isNaN(steps)) continue;
    times.push(watched?.[cell] as number);
    observed.push(hasConverged(metric, variant, cell));
  }
  const result = restrictedMean({ times, observed, horizon: metric.horizon, confidence });
  const interval = result.interval && ([result.interval[0], result.interval[1]] as [number, number]);
  return { mean: result.estimate, interval, ...(result.reason === null ? {} : { reason: result.reason }) };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
