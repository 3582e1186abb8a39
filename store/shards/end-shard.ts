import type { Store } from '../open-database.ts';

/**
 * Records that an attempt ended in good order: no call of it is in flight any more. `finished` when all its trials are
 * stored. Nothing happens when a later attempt has taken over.
 */
export async function endShard(
  db: Store,
  input: { runId: string; shard: number; fence: number; finished: boolean },
): Promise<void> {
  await db
    .updateTable('shard')
    .set({ lanes: 0, finished: input.finished })
    .where('run_id', '=', input.runId)
    .where('shard', '=', input.shard)
    .where('fence', '=', input.fence)
    .execute();
}
