import type { Store } from '../open-database.ts';

/** True while rows may be added to the push: it is the project's, and not finished or cleared away. */
export async function isOpenPush(db: Store, projectId: string, pushId: string): Promise<boolean> {
  const push = await db
    .selectFrom('dataset_push')
    .select('id')
    .where('id', '=', pushId)
    .where('project_id', '=', projectId)
    .where('finished_version_id', 'is', null)
    .executeTakeFirst();
  return push !== undefined;
}
