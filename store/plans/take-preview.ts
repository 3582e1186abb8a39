import type { PreviewAnswer } from '../../schema/tables/database.ts';
import type { Store } from '../open-database.ts';

/** Takes the answer out, if it is there. */
export async function takePreviewAnswer(db: Store, id: string): Promise<PreviewAnswer | null> {
  const row = await db
    .deleteFrom('plan_preview')
    .where('id', '=', id)
    .where('answer', 'is not', null)
    .returning('answer')
    .executeTakeFirst();
  return row?.answer ?? null;
}

/** Gives up: a worker that comes later calls nobody. */
export async function dropPreview(db: Store, id: string): Promise<void> {
  await db.deleteFrom('plan_preview').where('id', '=', id).execute();
}
