import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';

/**
 * Throws RangeError when arrays that describe the same examples differ in length: such evidence would be misread in
 * silence.
 */
export function checkEvidence(evidence: ExperimentEvidence): void {
  const { repetitions } = evidence;
  const examples = evidence.exampleIds.length;
  if (!Number.isSafeInteger(repetitions) || repetitions < 1) {
    throw new RangeError(`evidence.repetitions must be a whole number of at least 1, found ${repetitions}`);
  }
  expectLength('clusterKeys', evidence.clusterKeys.length, examples);
  for (const [candidate, flags] of Object.entries(evidence.identical)) {
    expectLength(`identical.${candidate}`, flags.length, examples);
  }
  for (const [split, positions] of Object.entries(evidence.splits)) {
    for (const position of positions) {
      if (position >= examples) {
        throw new RangeError(`evidence.splits.${split} names position ${position} of ${examples} examples`);
      }
    }
  }
  for (const metric of evidence.metrics) {
    for (const [variant, values] of Object.entries(metric.values)) {
      expectLength(`metrics.${metric.name}.values.${variant}`, values.length, examples * repetitions);
    }
    for (const [variant, flags] of Object.entries(metric.censored ?? {})) {
      expectLength(`metrics.${metric.name}.censored.${variant}`, flags.length, examples * repetitions);
    }
    for (const [variant, flags] of Object.entries(metric.missing)) {
      expectLength(`metrics.${metric.name}.missing.${variant}`, flags.length, examples * repetitions);
    }
  }
}

function expectLength(name: string, found: number, expected: number): void {
  if (found !== expected) throw new RangeError(`evidence.${name} must have ${expected} entries, found ${found}`);
}
