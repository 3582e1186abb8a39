import type { Transaction } from 'kysely';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Database } from '../../schema/tables/database.ts';
import { countLeft } from './count-left.ts';
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
  const left = await countLeft(trx, runId, status);
  if (budget === null || budget.spentUsd >= budget.capUsd || left.trials + left.scores === 0) return false;
  await continueRun(trx, runId);
  return true;
}
