import { sql } from 'kysely';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/** Opens a push: rows are staged under its id until it is finished. Pushes left open for a day are cleared away. */
export async function beginPush(
  db: Store,
  input: { projectId: string; name: string; createdBy: string },
): Promise<string> {
  await db.deleteFrom('dataset_push').where('created_at', '<', sql<Date>`now() - interval '1 day'`).execute();
  const id = newId('psh');
  await db
    .insertInto('dataset_push')
    .values({ id, project_id: input.projectId, dataset_name: input.name, created_by: input.createdBy })
    .execute();
  return id;
}
