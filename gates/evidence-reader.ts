import type { ExperimentEvidence, MetricEvidence } from '../schema/contracts/evidence.ts';
import { type ExampleValues, exampleValues } from './example-values.ts';
import { restrictSteps } from './restrict-steps.ts';

/** Evidence with each metric of each variant read once; steps to convergence are restricted at their horizon. */
export interface EvidenceReader {
  /** As handed in. */
  given: ExperimentEvidence;
  evidence: ExperimentEvidence;
  /** Positions of every example. */
  everything: Uint32Array;
  metric(name: string): MetricEvidence | undefined;
  values(metric: MetricEvidence, variant: string): ExampleValues;
  /** Positions of a split's examples; undefined when the evidence does not know the split. */
  split(name: string): Uint32Array | undefined;
}

/** Opens evidence for reading. */
export function evidenceReader(given: ExperimentEvidence): EvidenceReader {
  const evidence = restrictSteps(given);
  const read = new Map<MetricEvidence, Map<string, ExampleValues>>();
  return {
    given,
    evidence,
    everything: Uint32Array.from(evidence.exampleIds, (_, index) => index),
    metric: (name) => evidence.metrics.find((metric) => metric.name === name),
    values(metric, variant) {
      const variants = read.get(metric) ?? new Map<string, ExampleValues>();
      read.set(metric, variants);
      const known = variants.get(variant);
      if (known !== undefined) return known;
      const fresh = exampleValues(evidence, metric, variant);
      variants.set(variant, fresh);
      return fresh;
    },
    split: (name) => (Object.hasOwn(evidence.splits, name) ? evidence.splits[name] : undefined),
  };
}
