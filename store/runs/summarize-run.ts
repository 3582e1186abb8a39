import type { FailureGroup, RunResult } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';
import { countRetried } from './count-retried.ts';
import { countTrials } from './count-trials.ts';
import type { RunRow } from './find-run.ts';
import { groupFailures } from './group-failures.ts';

/**
 * The result object of a run that has no decision (yet): counts, calls and failures, straight from the rows.
 * @param known Failures that were grouped already, when no row can have come since.
 */
export async function summarizeRun(db: Store, runId: string, known?: FailureGroup[]): Promise<RunResult> {
  const run = await db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow();
  const tally = await countTrials(db, {
    ...run,
    budgeted: run.plan.budget !== null,
    usesCache: run.plan.cache !== undefined,
  });
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
    ...(run.reopened > 0 ? await listRetried(db, runId) : {}),
    ...budgetOf(run),
    ...(run.rerun_of === null ? {} : { rerunOf: run.rerun_of }),
    ...(run.spec.tags?.length ? { tags: run.spec.tags } : {}),
    agentCalls: tally.agentCalls,
    costUsd: tally.costUsd,
    durationMs: run.started_at ? end - run.started_at.getTime() - run.idle_ms : null,
    error: run.error,
    decisionId: null,
    planHash: run.plan_hash,
    git: run.spec.git ?? null,
    createdAt: run.created_at.toISOString(),
  };
}

async function listRetried(db: Store, runId: string): Promise<Pick<RunResult, 'retried'>> {
  const retried = await countRetried(db, runId);
  return retried.length === 0 ? {} : { retried };
}

function budgetOf(run: RunRow): Pick<RunResult, 'budget'> {
  if (run.budget_cap_usd === null || run.plan.budget === null) return {};
  return {
    budget: {
      maxCostUsd: run.budget_cap_usd,
      plannedMaxCostUsd: run.plan.budget.maxCostUsd,
      raisedBy: run.budget_raised_by ?? '',
      raisedAt: run.budget_raised_at?.toISOString() ?? '',
    },
  };
}
