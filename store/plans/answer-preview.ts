import { sql } from 'kysely';
import type { PreviewAnswer } from '../../schema/tables/database.ts';
import type { Store } from '../open-database.ts';

/** Leaves the answer for who asked, and wakes it. Does nothing when nobody waits any more. */
export async function answerPreview(db: Store, id: string, answer: PreviewAnswer): Promise<void> {
  await db
    .updateTable('plan_preview')
    .set({ answer: JSON.stringify(answer) })
    .where('id', '=', id)
    .execute();
  await sql`select pg_notify('sluice_run', ${id})`.execute(db);
}
