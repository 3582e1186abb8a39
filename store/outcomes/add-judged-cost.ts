import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Adds what judges of a rollout's live answers cost: its budget is for them. */
export async function addJudgedCost(trx: Store, input: { runId: string; costUsd: number }): Promise<void> {
  await sql`update rollout_state set judged_cost_usd = judged_cost_usd + ${input.costUsd} where run_id = ${input.runId}`.execute(
    trx,
  );
}
