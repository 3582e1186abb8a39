import type { Store } from '../open-database.ts';

/** Numbers of the shards that are not finished, in order. */
export async function listUnfinishedShards(db: Store, runId: string): Promise<number[]> {
  const rows = await db
    .selectFrom('shard')
    .select('shard')
    .where('run_id', '=', runId)
    .where('finished', '=', false)
    .orderBy('shard')
    .execute();
  return rows.map((row) => row.shard);
}
