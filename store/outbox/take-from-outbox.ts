import { sql } from 'kysely';
import type { Store } from '../open-database.ts';
import type { OutboxMessage } from './add-to-outbox.ts';

/**
 * Hands due messages, one after the other, to `handle`, and marks each done when it returns. A message whose handler
 * throws is tried again later, with growing distance up to 30 s. Dispatchers of several processes skip each other's.
 * @returns How many were handled.
 */
export async function takeFromOutbox(db: Store, handle: (message: OutboxMessage) => Promise<void>): Promise<number> {
  let handled = 0;
  for (;;) {
    const more = await db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('outbox')
        .select(['id', 'topic', 'payload', 'tries'])
        .where('done_at', 'is', null)
        .where('due_at', '<=', sql<Date>`now()`)
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (!row) return false;
      try {
        await handle({ topic: row.topic, payload: row.payload } as unknown as OutboxMessage);
        await trx.updateTable('outbox').set({ done_at: sql`now()` }).where('id', '=', row.id).execute();
        handled += 1;
      } catch (error) {
        const waitSeconds = Math.min(30, 0.2 * 2 ** row.tries);
        await trx
          .updateTable('outbox')
          .set({
            tries: row.tries + 1,
            last_error: String(error instanceof Error ? error.message : error).slice(0, 500),
            due_at: sql`now() + make_interval(secs => ${waitSeconds})`,
          })
          .where('id', '=', row.id)
          .execute();
      }
      return true;
    });
    if (!more) return handled;
  }
}
