import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Notes when a rollout was first looked at, for its duration. Nothing the second time. */
export async function beginRollout(trx: Store, runId: string): Promise<void> {
  await trx
    .updateTable('run')
    .set({ started_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', runId)
    .where('started_at', 'is', null)
    .execute();
}
