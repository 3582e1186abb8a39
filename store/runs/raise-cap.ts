import { sql, type Transaction } from 'kysely';
import type { Database } from '../../schema/tables/database.ts';

/** Writes the cap that is in force from now on, and who raised it. The run's row must be locked. */
export async function raiseCap(
  trx: Transaction<Database>,
  input: { runId: string; capUsd: number; actor: string },
): Promise<void> {
  await trx
    .updateTable('run')
    .set({ budget_cap_usd: input.capUsd, budget_raised_by: input.actor, budget_raised_at: sql<Date>`now()` })
    .where('id', '=', input.runId)
    .execute();
}
