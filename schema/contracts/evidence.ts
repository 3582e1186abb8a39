import type { GoldenCase } from './dataset.ts';
import type { Direction, MetricKind } from './words.ts';

/**
 * The values of one metric, one array per variant. Index = example * repetitions + repetition, examples in plan
 * order. NaN = no value. `missing` marks the cells that should have a value and do not, because of the platform or
 * an evaluator; a cell without a value and without the mark has none by nature (the cost of a failed call).
 */
export interface MetricEvidence {
  name: string;
  kind: MetricKind;
  direction: Direction;
  /** Smallest and largest possible value, for worst-case bounds; null when open. */
  range: [number, number] | null;
  values: Record<string, Float64Array>;
  missing: Record<string, Uint8Array>;
  /**
   * Only of steps to convergence: 1 marks a trial that never converged, whose value is the number of steps it was
   * watched for. Such a value is never a short way to the answer (docs/adr/0017).
   */
  censored?: Record<string, Uint8Array>;
  /** Only of steps to convergence: steps beyond which nothing is told apart, as declared before the run. */
  horizon?: number;
}

/**
 * What people and one judge said of the same trials, reduced to categories: all that its agreement is computed from.
 */
export interface LabelPairs {
  /** `helpful@3`. */
  judge: string;
  /** The name under which people labelled. */
  label: string;
  /** What is compared: labels as said, or scores cut at `threshold`. */
  basis: 'label' | 'score';
  /** Scores of at least this count as `1`, others as `0`; null when labels are compared. */
  threshold: number | null;
  /** Every category that anybody used. */
  categories: string[];
  people: string[];
  /**
   * One per example that has labels, whatever number of its trials and of people: answers to one example are alike, so
   * an example is what is drawn anew for the interval. `labels` holds [trial, judge, person, what the person said],
   * positions in the lists above; trials are numbered over all units.
   */
  units: { labels: [trial: number, judge: number, person: number, said: number][] }[];
  /** Labels left out because one side has none of the kind compared. */
  unusable: number;
}

/** A further call of a candidate on an example that it broke. */
export interface Rerun {
  candidate: string;
  exampleId: string;
  /** Goes on where the planned repetitions end. */
  repetition: number;
  /** null = it answered. */
  failedBy: 'agent' | 'platform' | null;
  /** By evaluator; null where it had nothing to say. */
  scores: Record<string, number | null>;
}

/** All that a gate over an experiment may look at. Plain data: the same evidence gives the same verdict. */
export interface ExperimentEvidence {
  control: string;
  candidates: string[];
  repetitions: number;
  exampleIds: string[];
  /** Same length as exampleIds; null = the example is its own cluster. */
  clusterKeys: (string | null)[];
  /** Positions in exampleIds of each split's examples. */
  splits: Record<string, Uint32Array>;
  /** Golden cases that tell an owner or a reason, by example id; absent where none does. */
  golden?: Record<string, GoldenCase>;
  /** Of the metadata keys that the policy names: value (as text) -> positions of the examples that have it. */
  slices?: Record<string, Record<string, Uint32Array>>;
  /** Per candidate: 1 where all repetitions answered byte for byte as control did. */
  identical: Record<string, Uint8Array>;
  metrics: MetricEvidence[];
  /** By metric: what people said of the trials its judge judged. Only where the policy asks for trust. */
  agreement?: Record<string, LabelPairs>;
}
