import type { Store } from '../open-database.ts';

/** The rollouts of a project that are not over, in the order in which they are to be locked. */
export async function listMovingRollouts(db: Store, projectId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('rollout_state as s')
    .innerJoin('run as r', 'r.id', 's.run_id')
    .select('r.id')
    .where('r.project_id', '=', projectId)
    .where('s.phase', '<>', 'ended')
    .orderBy('r.id')
    .execute();
  return rows.map(({ id }) => id);
}
