import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Notes that these keys were used just now; once a minute is often enough. */
export async function noteKeyUse(db: Store, keyIds: readonly string[]): Promise<void> {
  if (keyIds.length === 0) return;
  await db
    .updateTable('api_key')
    .set({ last_used_at: sql<Date>`now()` })
    .where('id', 'in', [...keyIds])
    .where((eb) =>
      eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', sql<Date>`now() - interval '1 minute'`)]),
    )
    .execute();
}
