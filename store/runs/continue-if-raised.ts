import type { Transaction } from 'kysely';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Database } from '../../schema/tables/database.ts';
import { countPlanScores } from '../scoring/count-scores.ts';
import { countTrials } from './count-trials.ts';
import { lockRun } from './lock-run.ts';
import { readBudget } from './read-budget.ts';
import { continueRun } from './reopen-run.ts';

/**
 * When the budget had stopped a run and was raised before its verdict: has the workflow started once more, for the
 * trials, and the scores of judges, that are left.
 * @returns True when the run goes on instead of being judged.
 */
export async function continueIfRaised(trx: Transaction<Database>, runId: string, plan: Plan): Promise<boolean> {
  if ((plan.budget ?? null) === null) return false;
  const { status } = await lockRun(trx, runId);
  if (status !== 'running') return false;
  const budget = await readBudget(trx, runId, plan);
  const { planned } = await trx.selectFrom('run').select('planned').where('id', '=', runId).executeTakeFirstOrThrow();
  const { counts } = await countTrials(trx, { id: runId, status, planned, budgeted: true });
  const made = counts.succeeded + counts.failed + counts.missing;
  const scores = await countPlanScores(trx, runId);
  const isDone = made >= counts.planned && scores.scored >= scores.toScore;
  if (budget === null || budget.spentUsd >= budget.capUsd || isDone) return false;
  await continueRun(trx, runId);
  return true;
}
