import type { Json } from './json.ts';
import type { ComparisonResult, MetricResult } from './result.ts';

/** One side of a diff: what a variant did in a run. `a` is what `b` is compared with. */
export interface DiffSide {
  run: string;
  name: string;
  variant: string;
  /** Null for an agent declared in the spec itself. */
  agent: { name: string; version: number } | null;
  /** `name@version[#split]`. */
  dataset: string;
  repetitions: number;
}

export const diffChanges = [
  'improved',
  'regressed',
  /** Side a solves it in some repetitions but under 90 % of them; may be improved or regressed too. */
  'flaky',
  /** The outputs are the same, byte for byte. */
  'identical',
  /** Other outputs of the same worth. */
  'level',
  'only_in_a',
  'only_in_b',
  /** The example's content differs between the two dataset versions: not compared. */
  'changed',
  /** A side has no value. */
  'unknown',
] as const;
export type DiffChange = (typeof diffChanges)[number];

export interface DiffAnswer {
  output: Json | null;
  /** Why there is no output. */
  error: string | null;
  /** In the metric of the diff. */
  score: number | null;
}

export interface DiffExample {
  id: string;
  change: DiffChange;
  input: Json;
  expected: Json | null;
  /** One answer for each repetition; none where the example is not in the run. */
  a: DiffAnswer[];
  b: DiffAnswer[];
}

/** What `runs.diff` answers: two variants of one run, or of two runs over the same dataset, example by example. */
export interface RunDiff {
  a: DiffSide;
  b: DiffSide;
  /** Examples in both with the same content: what everything is computed from. */
  compared: number;
  /** The metric that `counts` and `examples` are of. */
  metric: string;
  counts: Record<DiffChange, number>;
  /** As many as were asked for. */
  examples: DiffExample[];
  /** Of both sides; `variant` is `a` or `b`. */
  metrics: MetricResult[];
  /** b - a of each metric over the examples in both; `candidate` is `b`, `control` is `a`. */
  comparisons: ComparisonResult[];
  warnings: string[];
}
