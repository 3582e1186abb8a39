import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';
import { readSpentUsd } from './read-spent-usd.ts';

/** Money of a run: the cap in force, and what was spent of it. */
export interface RunBudget {
  /** As planned, or as raised since. */
  capUsd: number;
  spentUsd: number;
}

/** The budget of a run as it stands now; null for a run without one. */
export async function readBudget(db: Store, runId: string, plan: Plan): Promise<RunBudget | null> {
  // Plans from before budgets have none.
  if ((plan.budget ?? null) === null) return null;
  const [run, spentUsd] = await Promise.all([
    db.selectFrom('run').select('budget_cap_usd').where('id', '=', runId).executeTakeFirstOrThrow(),
    readSpentUsd(db, runId),
  ]);
  return { capUsd: run.budget_cap_usd ?? plan.budget?.maxCostUsd ?? 0, spentUsd };
}
