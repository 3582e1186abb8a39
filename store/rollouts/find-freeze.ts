import type { Store } from '../open-database.ts';

/** Why a project is frozen at a time; null when it is not. */
export async function findFreeze(db: Store, input: { projectId: string; at: Date }): Promise<string | null> {
  const row = await db
    .selectFrom('freeze_window')
    .select('reason')
    .where('project_id', '=', input.projectId)
    .where('ended_at', 'is', null)
    .where('from_at', '<=', input.at)
    .where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>', input.at)]))
    .limit(1)
    .executeTakeFirst();
  return row?.reason ?? null;
}
