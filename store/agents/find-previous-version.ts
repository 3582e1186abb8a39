import type { Store } from '../open-database.ts';

/** What was in production before an agent's present production version; null when nothing was. */
export async function findPreviousVersion(db: Store, agentId: string): Promise<number | null> {
  const row = await db
    .selectFrom('production_change')
    .select('previous')
    .where('agent_id', '=', agentId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.previous ?? null;
}
