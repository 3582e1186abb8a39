import type { FailureGroup, RunResult } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';
import { countTrials } from './count-trials.ts';
import { groupFailures } from './group-failures.ts';

/**
 * The result object of a run that has no decision (yet): counts, calls and failures, straight from the rows.
 * @param known Failures that were grouped already, when no row can have come since.
 */
export async function summarizeRun(db: Store, runId: string, known?: FailureGroup[]): Promise<RunResult> {
  const run = await db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow();
  const tally = await countTrials(db, { ...run, budgeted: run.plan.budget !== null });
  const failures = known ?? (await groupFailures(db, runId));
  const end = run.finished_at?.getTime() ?? Date.now();
  return {
    id: run.id,
    kind: run.kind,
    name: run.name,
    status: run.status,
    verdict: null,
    action: null,
    verdicts: {},
    reasons: run.error ? [run.error.message] : [],
    warnings: [],
    counts: tally.counts,
    metrics: [],
    comparisons: [],
    criteria: [],
    failures,
    ...(run.detectable_effects ? { detectableEffects: run.detectable_effects } : {}),
    front: null,
    agentCalls: tally.agentCalls,
    costUsd: tally.costUsd,
    durationMs: run.started_at ? end - run.started_at.getTime() : null,
    error: run.error,
    decisionId: null,
    planHash: run.plan_hash,
    git: run.spec.git ?? null,
    createdAt: run.created_at.toISOString(),
  };
}
