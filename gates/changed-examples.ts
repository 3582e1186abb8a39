import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';
import { evidenceReader } from './evidence-reader.ts';
import { mustPassExamples } from './must-pass-examples.ts';
import { pairedExamples } from './paired-examples.ts';

/**
 * Ids in plan order. A flaky example may stand in `improved` or `regressed` too, so that the lists agree with the
 * counts.
 */
export interface ChangedExamples {
  /** Mean over repetitions changed for the better. */
  improved: string[];
  regressed: string[];
  /** Control solves it in some repetitions but under 90 % of them; always empty at one repetition. */
  flaky: string[];
}

/**
 * The examples behind `improved` and `regressed` of a comparison. Throws RangeError when the evidence has no such
 * metric or candidate.
 */
export function changedExamples(evidence: ExperimentEvidence, metricName: string, candidate: string): ChangedExamples {
  const reader = evidenceReader(evidence);
  const metric = reader.metric(metricName);
  if (metric === undefined) throw new RangeError(`no metric "${metricName}" in the evidence`);
  if (!evidence.candidates.includes(candidate)) throw new RangeError(`no candidate "${candidate}" in the evidence`);
  const pairs = pairedExamples({
    control: reader.values(metric, evidence.control),
    candidate: reader.values(metric, candidate),
    positions: reader.everything,
    direction: metric.direction,
  });
  const better: string[] = [];
  const worse: string[] = [];
  for (let index = 0; index < pairs.positions.length; index++) {
    const difference = pairs.differences[index] as number;
    if (difference === 0) continue;
    const id = evidence.exampleIds[pairs.positions[index] as number] as string;
    (difference > 0 === (metric.direction === 'higher') ? better : worse).push(id);
  }
  const judged = metric.kind === 'binary' || metric.kind === 'score';
  const flaky = judged ? mustPassExamples(evidence, { metric, candidate, positions: reader.everything }).flaky : [];
  return { improved: better, regressed: worse, flaky };
}
