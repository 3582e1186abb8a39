import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Examples of a version that have an expected value. */
export async function countWithExpected(db: Store, versionId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${versionId} and r.expected is not null`.execute(db);
  return rows[0]?.count ?? 0;
}
