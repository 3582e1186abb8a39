import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Counts a call beyond a trial's first, before it is made, so that a crash cannot hide it from `agentCalls`. */
export async function countRetriedCall(db: Store, runId: string, shard: number): Promise<void> {
  await db
    .updateTable('shard')
    .set({ retried_calls: sql`retried_calls + 1` })
    .where('run_id', '=', runId)
    .where('shard', '=', shard)
    .execute();
}
