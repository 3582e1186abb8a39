import type { ExperimentEvidence, MetricEvidence } from '../schema/contracts/evidence.ts';
import { cellValue } from './cell-value.ts';
import { isFlaky, isSolved } from './is-solved.ts';

/** What became of an example that broke, after it was called again. */
export interface Confirmation {
  candidate: string;
  metric: string;
  exampleId: string;
  /** Calls of the candidate on this example, the first failure included: 5 when complete. */
  calls: number;
  /** How many of them it failed. */
  failed: number;
}

/** Ids of examples by what they say about a candidate that must not break any. */
export interface MustPassExamples {
  /** Solved by control in all its repetitions: what the candidate is held to. */
  protected: string[];
  /** Protected, and failed by the candidate in 3 of 5 calls. */
  broken: string[];
  /** Protected and failed, in too few calls to tell a broken example from bad luck. */
  unconfirmed: string[];
  /** Protected, failed at first, and solved in most of 5 calls. */
  cleared: string[];
  /** Solved by control in some repetitions but under 90 % of them; protects nothing. */
  flaky: string[];
  /** Cannot be judged: control's or the candidate's value is missing. */
  unknown: string[];
}

/**
 * Sorts the examples at `positions` for a `mustPass` criterion (DESIGN §7): an example is broken when control solved
 * it in all repetitions and the candidate fails 3 of 5 calls. The candidate's own repetitions count as calls until a
 * confirmation replaces them.
 */
export function mustPassExamples(
  evidence: ExperimentEvidence,
  input: {
    metric: MetricEvidence;
    candidate: string;
    positions: Iterable<number>;
    confirmations?: readonly Confirmation[] | undefined;
  },
): MustPassExamples {
  const { metric, candidate } = input;
  const confirmed = new Map<string, Confirmation>();
  for (const confirmation of input.confirmations ?? []) {
    if (confirmation.candidate !== candidate || confirmation.metric !== metric.name) continue;
    confirmed.set(confirmation.exampleId, confirmation);
  }
  const result: MustPassExamples = { protected: [], broken: [], unconfirmed: [], cleared: [], flaky: [], unknown: [] };
  for (const position of input.positions) {
    const id = evidence.exampleIds[position] as string;
    const control = solvedCells(evidence, { metric, variant: evidence.control, position });
    if (isFlaky(control.solved, control.calls)) result.flaky.push(id);
    if (control.calls === 0) result.unknown.push(id);
    if (control.calls === 0 || control.solved < control.calls) continue;
    result.protected.push(id);
    const treated = solvedCells(evidence, { metric, variant: candidate, position });
    if (treated.calls === 0) result.unknown.push(id);
    else if (treated.solved < treated.calls) {
      const calls = confirmed.get(id) ?? { calls: treated.calls, failed: treated.calls - treated.solved };
      result[afterCalls(calls)].push(id);
    }
  }
  return result;
}

/**
 * Three failures of five break an example; three solved of five clear it; with more calls than five the same share
 * decides.
 */
export function afterCalls({ calls, failed }: { calls: number; failed: number }): 'broken' | 'unconfirmed' | 'cleared' {
  if (calls >= 5) return 5 * failed >= 3 * calls ? 'broken' : 'cleared';
  if (failed >= 3) return 'broken';
  return calls - failed >= 3 ? 'cleared' : 'unconfirmed';
}

function solvedCells(
  evidence: ExperimentEvidence,
  { metric, variant, position }: { metric: MetricEvidence; variant: string; position: number },
): { calls: number; solved: number } {
  const { repetitions } = evidence;
  let calls = 0;
  let solved = 0;
  for (let cell = position * repetitions; cell < (position + 1) * repetitions; cell++) {
    const value = cellValue(metric, variant, cell) ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    calls++;
    if (isSolved(metric, value)) solved++;
  }
  return { calls, solved };
}
