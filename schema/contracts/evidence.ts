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
  /** Of the metadata keys that the policy names: value (as text) -> positions of the examples that have it. */
  slices?: Record<string, Record<string, Uint32Array>>;
  /** Per candidate: 1 where all repetitions answered byte for byte as control did. */
  identical: Record<string, Uint8Array>;
  metrics: MetricEvidence[];
}
