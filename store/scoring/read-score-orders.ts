import type { Store } from '../open-database.ts';
import type { ShardOrders } from '../shards/read-shard-orders.ts';
import { intentOf } from './read-scoring.ts';

/** What a running attempt at a score shard must heed, for judges that take so long that no commit tells. */
export async function readScoreOrders(db: Store, scoringId: string, shard: number): Promise<ShardOrders> {
  const row = await db
    .selectFrom('score_shard as h')
    .innerJoin('scoring as s', 's.id', 'h.scoring_id')
    .innerJoin('run as r', 'r.id', 's.run_id')
    .select(['h.fence', 's.kind', 's.status', 'r.intent'])
    .where('h.scoring_id', '=', scoringId)
    .where('h.shard', '=', shard)
    .executeTakeFirstOrThrow();
  return { fence: row.fence, intent: intentOf(row) };
}
