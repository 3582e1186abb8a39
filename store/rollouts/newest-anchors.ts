import type { Store } from '../open-database.ts';

/** The anchors of a rollout's newest stratum; empty before the first. */
export async function newestAnchors(db: Store, runId: string): Promise<Record<string, number>> {
  const row = await db
    .selectFrom('stratum')
    .select('anchors')
    .where('run_id', '=', runId)
    .orderBy('stratum', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.anchors ?? {};
}
