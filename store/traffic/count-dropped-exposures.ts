import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Counts exposures of a rollout that nobody could keep: they hold it, since what was lost may not have been lost by chance. */
export async function countDroppedExposures(db: Store, input: { runId: string; count: number }): Promise<void> {
  await db
    .updateTable('rollout_state')
    .set({ dropped_exposures: sql<number>`dropped_exposures + ${input.count}` })
    .where('run_id', '=', input.runId)
    .execute();
}
