import type { ExperimentEvidence, MetricEvidence, Rerun } from '../schema/contracts/evidence.ts';
import type { GatePolicy } from '../schema/contracts/gate.ts';
import { expandProfile } from './default-policy.ts';
import { evidenceReader } from './evidence-reader.ts';
import { isSolved } from './is-solved.ts';
import { afterCalls, type Confirmation, mustPassExamples } from './must-pass-examples.ts';
import { subsetOf, subsetPositions } from './subset.ts';

/** A protected example that a candidate broke in too few calls to tell, in the metrics named. */
export interface UnconfirmedExample {
  candidate: string;
  exampleId: string;
  /** In the plan. */
  position: number;
  /** Calls of the run's own trials that gave a value, and how many of them failed. */
  metrics: { metric: MetricEvidence; calls: number; failed: number }[];
}

/** Most examples of one candidate that are called again: when more broke, these tell enough. */
const mostConfirmed = 100;

/** What the `mustPass` criteria of a policy must call again, in plan order. At most 100 examples of a candidate. */
export function unconfirmedExamples(policy: GatePolicy | null, evidence: ExperimentEvidence): UnconfirmedExample[] {
  if (policy === null) return [];
  const reader = evidenceReader(evidence);
  const positions = new Map(evidence.exampleIds.map((id, position) => [id, position]));
  const found = new Map<string, UnconfirmedExample>();
  for (const criterion of expandProfile(policy, evidence).criteria) {
    const metric = reader.metric(criterion.metric);
    if (!criterion.mustPass || (metric?.kind !== 'binary' && metric?.kind !== 'score')) continue;
    for (const candidate of evidence.candidates) {
      const subset = subsetPositions(reader, subsetOf(criterion));
      for (const exampleId of mustPassExamples(evidence, { metric, candidate, positions: subset }).unconfirmed) {
        const position = positions.get(exampleId) as number;
        const key = JSON.stringify([candidate, exampleId]);
        const example = found.get(key) ?? { candidate, exampleId, position, metrics: [] };
        found.set(key, example);
        if (example.metrics.some((one) => one.metric === metric)) continue;
        example.metrics.push({ metric, ...ownCalls(reader.values(metric, candidate), metric, evidence, example) });
      }
    }
  }
  const inOrder = [...found.values()].sort((one, other) => one.position - other.position);
  return evidence.candidates.flatMap((candidate) =>
    inOrder.filter((example) => example.candidate === candidate).slice(0, mostConfirmed),
  );
}

/** What re-runs say of the examples: the run's own calls and the re-runs together. */
export function confirmationsOf(examples: readonly UnconfirmedExample[], reruns: readonly Rerun[]): Confirmation[] {
  const byExample = Map.groupBy(reruns, ({ candidate, exampleId }) => JSON.stringify([candidate, exampleId]));
  return examples.flatMap(({ candidate, exampleId, metrics }) => {
    const own = byExample.get(JSON.stringify([candidate, exampleId])) ?? [];
    return metrics.map(({ metric, calls, failed }) => {
      const values = own.map((rerun) => rerunValue(metric, rerun)).filter((value) => value !== null);
      return {
        candidate,
        metric: metric.name,
        exampleId,
        calls: calls + values.length,
        failed: failed + values.filter((value) => !isSolved(metric, value)).length,
      };
    });
  });
}

/** True when the calls suffice to say whether an example is broken. */
export function isTold(confirmation: Confirmation): boolean {
  return afterCalls(confirmation) !== 'unconfirmed';
}

/** As in the run's evidence: a failure of the agent scores 0, one of the platform or the evaluator has no value. */
function rerunValue(metric: MetricEvidence, { failedBy, scores }: Rerun): number | null {
  if (failedBy === 'platform') return null;
  if (metric.name === 'errorRate') return failedBy === 'agent' ? 1 : 0;
  return failedBy === 'agent' ? 0 : (scores[metric.name] ?? null);
}

function ownCalls(
  { counts }: { counts: Uint16Array },
  metric: MetricEvidence,
  { repetitions }: ExperimentEvidence,
  { candidate, position }: UnconfirmedExample,
): { calls: number; failed: number } {
  let failed = 0;
  for (let cell = position * repetitions; cell < (position + 1) * repetitions; cell++) {
    const value = metric.values[candidate]?.[cell] ?? Number.NaN;
    if (metric.missing[candidate]?.[cell] !== 1 && Number.isFinite(value) && !isSolved(metric, value)) failed++;
  }
  return { calls: counts[position] as number, failed };
}
