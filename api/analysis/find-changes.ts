import { type ChangedExamples, changedExamples } from '../../gates/changed-examples.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../../store/open-database.ts';
import { loadEvidence } from '../../store/runs/load-evidence.ts';

/** The ids of the examples on which a candidate did otherwise than control in one metric. */
export async function findChanges(
  db: Store,
  input: { runId: string; plan: Plan; metric: string; candidate: string | undefined },
): Promise<ChangedExamples & { candidate: string }> {
  const evidence = await loadEvidence(db, input.runId, input.plan);
  const candidate = input.candidate ?? evidence.candidates[0] ?? '';
  requireOne('candidate', candidate, evidence.candidates);
  requireOne(
    'metric',
    input.metric,
    evidence.metrics.map((metric) => metric.name),
  );
  return { candidate, ...changedExamples(evidence, input.metric, candidate) };
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
