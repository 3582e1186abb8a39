import type { Store } from '../open-database.ts';

/** When a rollout first moved traffic (ms since 1970): sessions from before stay on control in all its stages; null = not yet. */
export async function firstTrafficAtMs(db: Store, runId: string): Promise<number | null> {
  const first = await db
    .selectFrom('traffic_revision')
    .select('split')
    .where('run_id', '=', runId)
    .orderBy('revision')
    .limit(1)
    .executeTakeFirst();
  return first?.split.startedAtMs ?? null;
}
