import type { Store } from '../open-database.ts';

/** Records that an attempt ended in good order. Nothing happens when a later attempt has taken over. */
export async function endScoreShard(
  db: Store,
  input: { scoringId: string; shard: number; fence: number; finished: boolean },
): Promise<void> {
  await db
    .updateTable('score_shard')
    .set({ lanes: 0, finished: input.finished })
    .where('scoring_id', '=', input.scoringId)
    .where('shard', '=', input.shard)
    .where('fence', '=', input.fence)
    .execute();
}
