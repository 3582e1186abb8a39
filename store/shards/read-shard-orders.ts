import type { Store } from '../open-database.ts';

/** What a running attempt must heed. */
export interface ShardOrders {
  fence: number;
  intent: 'run' | 'pause' | 'abort';
}

/** Reads the shard's fence and the run's intent, for attempts whose calls take so long that no commit tells them. */
export async function readShardOrders(db: Store, runId: string, shard: number): Promise<ShardOrders> {
  return db
    .selectFrom('shard as s')
    .innerJoin('run as r', 'r.id', 's.run_id')
    .select(['s.fence', 'r.intent'])
    .where('s.run_id', '=', runId)
    .where('s.shard', '=', shard)
    .executeTakeFirstOrThrow();
}
