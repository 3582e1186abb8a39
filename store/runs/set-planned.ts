import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Writes how many trials the frozen plan has, and that the run has started; the first start stands. */
export async function setPlanned(db: Store, runId: string, planned: number): Promise<void> {
  await db
    .updateTable('run')
    .set({ planned, started_at: sql<Date>`coalesce(started_at, now())` })
    .where('id', '=', runId)
    .execute();
}
