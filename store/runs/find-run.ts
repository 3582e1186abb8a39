import type { Selectable } from 'kysely';
import type { RunTable } from '../../schema/tables/database.ts';
import type { Store } from '../open-database.ts';

export type RunRow = Selectable<RunTable>;

/** A run of the project by id, or null. */
export async function findRun(db: Store, projectId: string, runId: string): Promise<RunRow | null> {
  const row = await db
    .selectFrom('run')
    .selectAll()
    .where('id', '=', runId)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return row ?? null;
}

/** A run by its idempotency key, or null. */
export async function findRunByKey(db: Store, projectId: string, idempotencyKey: string): Promise<RunRow | null> {
  const row = await db
    .selectFrom('run')
    .selectAll()
    .where('idempotency_key', '=', idempotencyKey)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return row ?? null;
}
