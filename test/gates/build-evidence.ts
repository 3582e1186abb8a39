import type { ExperimentEvidence, MetricEvidence } from '../../schema/contracts/evidence.ts';

/** Values of one metric by variant; `null` = no value by nature, `'missing'` = should have one. */
export type Cells = Record<string, readonly (number | null | 'missing')[]>;

/** A metric from plain lists. @default kind binary, direction higher, range [0, 1] for binary and score */
export function metricOf(name: string, cells: Cells, options: Partial<MetricEvidence> = {}): MetricEvidence {
  const kind = options.kind ?? 'binary';
  const entries = Object.entries(cells);
  return {
    name,
    kind,
    direction: 'higher',
    range: kind === 'binary' || kind === 'score' ? [0, 1] : null,
    values: Object.fromEntries(
      entries.map(([variant, values]) => [
        variant,
        Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN)),
      ]),
    ),
    missing: Object.fromEntries(
      entries.map(([variant, values]) => [variant, Uint8Array.from(values, (value) => (value === 'missing' ? 1 : 0))]),
    ),
    ...options,
  };
}

/** Evidence of `control` and the other variants found in the metrics; example ids are `e0`, `e1`, ... */
export function evidenceOf(metrics: MetricEvidence[], options: Partial<ExperimentEvidence> = {}): ExperimentEvidence {
  const [first] = metrics;
  const variants = Object.keys(first?.values ?? {});
  const repetitions = options.repetitions ?? 1;
  const examples = (first?.values.control?.length ?? 0) / repetitions;
  const candidates = variants.filter((variant) => variant !== 'control');
  return {
    control: 'control',
    candidates,
    repetitions,
    exampleIds: Array.from({ length: examples }, (_, index) => `e${index}`),
    clusterKeys: Array.from({ length: examples }, () => null),
    splits: {},
    identical: Object.fromEntries(candidates.map((candidate) => [candidate, new Uint8Array(examples)])),
    metrics,
    ...options,
  };
}

/** Pass/fail of pairs in the order both, only control, only candidate, neither. */
export function pairsOf(table: { both: number; onlyControl: number; onlyCandidate: number; neither: number }): {
  control: number[];
  candidate: number[];
} {
  const repeat = (value: number, times: number) => Array.from({ length: times }, () => value);
  const { both, onlyControl, onlyCandidate, neither } = table;
  return {
    control: [...repeat(1, both + onlyControl), ...repeat(0, onlyCandidate + neither)],
    candidate: [...repeat(1, both), ...repeat(0, onlyControl), ...repeat(1, onlyCandidate), ...repeat(0, neither)],
  };
}

/** `count` values of a function of their index. */
export function listOf(count: number, value: (index: number) => number): number[] {
  return Array.from({ length: count }, (_, index) => value(index));
}
