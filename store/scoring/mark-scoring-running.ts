import type { Store } from '../open-database.ts';

/** Says that a worker has taken the scoring up. */
export async function markScoringRunning(db: Store, scoringId: string): Promise<void> {
  await db
    .updateTable('scoring')
    .set({ status: 'running' })
    .where('id', '=', scoringId)
    .where('status', '=', 'waiting')
    .execute();
}
