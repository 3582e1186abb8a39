import { type ChangedExamples, changedExamples } from '../../gates/changed-examples.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../../store/open-database.ts';
import { loadEvidence } from '../../store/runs/load-evidence.ts';

export type Change = keyof ChangedExamples;

export interface FoundChanges {
  candidate: string;
  /** How many there are in all. */
  improved: number;
  regressed: number;
  /** The first `limit`, regressed ones before improved and flaky ones. */
  examples: { id: string; change: Change }[];
}

/** The examples on which a candidate did otherwise than control in one metric. */
export async function findChanges(
  db: Store,
  input: {
    runId: string;
    plan: Plan;
    metric: string;
    candidate: string | undefined;
    /** Only examples of this change. */
    change: Change | undefined;
    limit: number;
  },
): Promise<FoundChanges> {
  const evidence = await loadEvidence(db, input.runId, input.plan);
  const candidate = input.candidate ?? evidence.candidates[0] ?? '';
  requireOne('candidate', candidate, evidence.candidates);
  requireOne(
    'metric',
    input.metric,
    evidence.metrics.map((metric) => metric.name),
  );
  const changed = changedExamples(evidence, input.metric, candidate);
  const kinds: Change[] = input.change ? [input.change] : ['regressed', 'improved', 'flaky'];
  return {
    candidate,
    improved: changed.improved.length,
    regressed: changed.regressed.length,
    examples: kinds.flatMap((change) => changed[change].map((id) => ({ id, change }))).slice(0, input.limit),
  };
}

/** Refuses a name that the run does not have, and tells those it has. */
export function requireOne(what: string, found: string, known: readonly string[]): void {
  if (known.includes(found)) return;
  throw new SluiceError({
    code: 'invalid_input',
    message: `the run has no ${what} "${found}"${suggest(found, [...known])}`,
    fix: `It has: ${known.join(', ')}.`,
  });
}
