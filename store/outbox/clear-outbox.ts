import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Removes messages that were handled more than a week ago. */
export async function clearOutbox(db: Store): Promise<void> {
  await db.deleteFrom('outbox').where('done_at', '<', sql<Date>`now() - interval '7 days'`).execute();
}
