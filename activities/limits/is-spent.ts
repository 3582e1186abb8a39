import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../../store/open-database.ts';
import { readBudget } from '../../store/runs/read-budget.ts';

/** True when the run has a budget and what it stored has cost it: asked after each row, by budgeted runs only. */
export async function isSpent(db: Store, runId: string, plan: Plan): Promise<boolean> {
  const budget = await readBudget(db, runId, plan);
  return budget !== null && budget.spentUsd >= budget.capUsd;
}
