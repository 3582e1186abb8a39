import type { ExperimentEvidence, MetricEvidence } from '../schema/contracts/evidence.ts';
import { cellValue } from './cell-value.ts';

/** What one variant did in one run. */
export interface EvidenceSide {
  evidence: ExperimentEvidence;
  variant: string;
  /** Index = position in `evidence.exampleIds`. */
  outputs: readonly { revisionId: string; hashes: readonly (string | null)[] }[];
}

/** Two sides as one experiment, and what could not be joined. */
export interface JoinedEvidence {
  /** Control is `a`, the only candidate `b`; examples in the order of b. */
  evidence: ExperimentEvidence;
  /** Ids of examples that only one side has. */
  onlyInA: string[];
  onlyInB: string[];
  /** Ids of examples in both whose content differs. */
  changed: string[];
  warnings: string[];
}

/**
 * Joins two variants, of one run or of two, by example id, so that they can be compared like control and candidate.
 * Examples that are not in both with the same content are left out. When the numbers of repetitions differ, each
 * example counts by its mean.
 */
export function joinEvidence(a: EvidenceSide, b: EvidenceSide): JoinedEvidence {
  const positionInA = new Map(a.evidence.exampleIds.map((id, position) => [id, position]));
  const inB = new Set(b.evidence.exampleIds);
  const onlyInB: string[] = [];
  const changed: string[] = [];
  const pairs: { inA: number; inB: number }[] = [];
  for (const [position, id] of b.evidence.exampleIds.entries()) {
    const other = positionInA.get(id);
    if (other === undefined) onlyInB.push(id);
    else if (a.outputs[other]?.revisionId !== b.outputs[position]?.revisionId) changed.push(id);
    else pairs.push({ inA: other, inB: position });
  }
  const same = a.evidence.repetitions === b.evidence.repetitions;
  const repetitions = same ? a.evidence.repetitions : 1;
  const warnings: string[] = [];
  if (!same) {
    warnings.push(
      `a has ${a.evidence.repetitions} repetitions and b has ${b.evidence.repetitions}: each example counts by its mean`,
    );
  }
  const metrics: MetricEvidence[] = [];
  for (const metric of b.evidence.metrics) {
    const other = a.evidence.metrics.find(({ name }) => name === metric.name);
    if (!other || other.kind !== metric.kind || other.direction !== metric.direction || otherSteps(metric, other)) {
      warnings.push(
        `${metric.name} is not compared: ${other ? 'it is measured otherwise in a' : 'a does not have it'}`,
      );
      continue;
    }
    if (!same && metric.censored !== undefined) {
      warnings.push(`${metric.name} is not compared: trials that never converged have no mean over repetitions`);
      continue;
    }
    const one = column(
      a,
      other,
      pairs.map(({ inA }) => inA),
      repetitions,
    );
    const two = column(
      b,
      metric,
      pairs.map(({ inB }) => inB),
      repetitions,
    );
    metrics.push({
      ...metric,
      values: { a: one.values, b: two.values },
      missing: { a: one.missing, b: two.missing },
      ...(metric.censored === undefined || other.censored === undefined
        ? {}
        : { censored: { a: one.censored, b: two.censored } }),
    });
  }
  const positions = new Map(pairs.map(({ inB }, position) => [inB, position]));
  return {
    evidence: {
      control: 'a',
      candidates: ['b'],
      repetitions,
      exampleIds: pairs.map(({ inB }) => b.evidence.exampleIds[inB] as string),
      clusterKeys: pairs.map(({ inB }) => b.evidence.clusterKeys[inB] ?? null),
      splits: Object.fromEntries(
        Object.entries(b.evidence.splits).map(([split, members]) => [
          split,
          Uint32Array.from([...members].flatMap((member) => positions.get(member) ?? [])),
        ]),
      ),
      identical: { b: Uint8Array.from(pairs, (pair) => (identical(a, b, pair) ? 1 : 0)) },
      metrics,
    },
    onlyInA: a.evidence.exampleIds.filter((id) => !inB.has(id)),
    onlyInB,
    changed,
    warnings,
  };
}

/** Steps to convergence are the same measure only where they are watched equally long. */
function otherSteps(one: MetricEvidence, other: MetricEvidence): boolean {
  return (one.censored === undefined) !== (other.censored === undefined) || one.horizon !== other.horizon;
}

/** The cells of a metric at some examples: as they are, or one mean for each example. */
function column(side: EvidenceSide, metric: MetricEvidence, positions: readonly number[], repetitions: number) {
  const { variant } = side;
  const present = side.evidence.repetitions;
  const values = new Float64Array(positions.length * repetitions).fill(Number.NaN);
  const missing = new Uint8Array(positions.length * repetitions);
  const censored = new Uint8Array(positions.length * repetitions);
  for (const [index, position] of positions.entries()) {
    const cells = Array.from({ length: present }, (_, repetition) =>
      cellValue(metric, variant, position * present + repetition),
    );
    if (present === repetitions) {
      for (const [repetition, value] of cells.entries()) {
        if (value === null) missing[index * repetitions + repetition] = 1;
        else values[index * repetitions + repetition] = value;
        censored[index * repetitions + repetition] = metric.censored?.[variant]?.[position * present + repetition] ?? 0;
      }
      continue;
    }
    const known = cells.filter((value) => value !== null && !Number.isNaN(value)) as number[];
    if (known.length > 0) values[index] = known.reduce((sum, value) => sum + value, 0) / known.length;
    else if (cells.includes(null)) missing[index] = 1;
  }
  return { values, missing, censored };
}

function identical(a: EvidenceSide, b: EvidenceSide, { inA, inB }: { inA: number; inB: number }): boolean {
  const one = a.outputs[inA]?.hashes ?? [];
  const two = b.outputs[inB]?.hashes ?? [];
  const complete =
    one.length === a.evidence.repetitions && two.length === b.evidence.repetitions && ![...one, ...two].includes(null);
  if (!complete) return false;
  if (one.length === two.length) return one.every((hash, repetition) => hash === two[repetition]);
  return new Set([...one, ...two]).size === 1;
}
