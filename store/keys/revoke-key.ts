import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Ends a key of the project. @returns What became of it. */
export async function revokeKey(
  trx: Store,
  input: { projectId: string; id: string },
): Promise<'revoked' | 'was_revoked' | 'unknown'> {
  const key = await trx
    .selectFrom('api_key')
    .select('revoked_at')
    .where('id', '=', input.id)
    .where('project_id', '=', input.projectId)
    .forUpdate()
    .executeTakeFirst();
  if (!key) return 'unknown';
  if (key.revoked_at) return 'was_revoked';
  await trx.updateTable('api_key').set({ revoked_at: sql<Date>`now()` }).where('id', '=', input.id).execute();
  return 'revoked';
}
