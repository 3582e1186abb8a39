import type { Selectable } from 'kysely';
import type { PlanPreviewTable } from '../../schema/tables/database.ts';
import type { Store } from '../open-database.ts';

/** What was asked, and the answer if there is one; undefined when nobody waits for it any more. */
export async function findPreview(db: Store, id: string): Promise<Selectable<PlanPreviewTable> | undefined> {
  return db.selectFrom('plan_preview').selectAll().where('id', '=', id).executeTakeFirst();
}
