import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../../store/open-database.ts';
import { readSpentUsd } from '../../store/runs/read-spent-usd.ts';

/** True when the run has a budget and what it stored has cost it: asked after each row, by budgeted runs only. */
export async function isSpent(db: Store, runId: string, plan: Plan): Promise<boolean> {
  // Plans from before budgets have none.
  return (plan.budget ?? null) !== null && (await readSpentUsd(db, runId)) >= (plan.budget?.maxCostUsd ?? 0);
}
