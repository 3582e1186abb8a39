import type { Store } from '../open-database.ts';

/** True when the project has an agent of that name that answers users: one with a production version. */
export async function isAgent(db: Store, input: { projectId: string; name: string }): Promise<boolean> {
  const row = await db
    .selectFrom('agent')
    .select('id')
    .where('project_id', '=', input.projectId)
    .where('name', '=', input.name)
    .where('production_version', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}
