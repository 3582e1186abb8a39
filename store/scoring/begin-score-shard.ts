import type { Store } from '../open-database.ts';
import { readScoring, type ScoringOrders } from './read-scoring.ts';

export interface BegunScoreShard {
  scoring: ScoringOrders;
  fromOrdinal: number;
  toOrdinal: number;
  /** Commits of this attempt carry it; a later attempt's is larger. */
  fence: number;
}

/**
 * Takes a score shard over: the fence grows in a transaction of its own, so that an earlier attempt that still lives
 * stops at its next commit, and what it stored is seen by this one.
 * @returns null when the shard is finished.
 */
export async function beginScoreShard(
  db: Store,
  input: { scoringId: string; shard: number; lanes: number },
): Promise<BegunScoreShard | null> {
  const taken = await db.transaction().execute(async (trx) => {
    const shard = await trx
      .selectFrom('score_shard')
      .selectAll()
      .where('scoring_id', '=', input.scoringId)
      .where('shard', '=', input.shard)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (shard.finished) return null;
    await trx
      .updateTable('score_shard')
      .set({ fence: shard.fence + 1, lanes: input.lanes })
      .where('scoring_id', '=', input.scoringId)
      .where('shard', '=', input.shard)
      .execute();
    return { ...shard, fence: shard.fence + 1 };
  });
  if (!taken) return null;
  return {
    scoring: await readScoring(db, input.scoringId),
    fromOrdinal: taken.from_ordinal,
    toOrdinal: taken.to_ordinal,
    fence: taken.fence,
  };
}
