import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Notes that these keys were used just now. */
export async function noteKeyUse(db: Store, keyIds: readonly string[]): Promise<void> {
  if (keyIds.length === 0) return;
  await db
    .updateTable('api_key')
    .set({ last_used_at: sql<Date>`now()` })
    .where('id', 'in', [...keyIds])
    .execute();
}
