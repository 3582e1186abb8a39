import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Which columns of a version hold nothing but text, and the labels that stand on it. */
export async function describeContent(
  db: Store,
  versionId: string,
): Promise<{ textOnly: { input: boolean; expected: boolean }; pins: string[] }> {
  const { rows } = await sql<{ input: boolean; expected: boolean; pins: string[] }>`
    select coalesce(bool_and(jsonb_typeof(r.input) = 'string'), true) as input,
      coalesce(bool_and(r.expected is null or (jsonb_typeof(r.expected) = 'string' and r.expected <> '""')), true)
        as expected,
      array(select p.label from dataset_pin p join dataset_version v using (dataset_id, version)
        where v.id = ${versionId} order by 1) as pins
    from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${versionId}`.execute(db);
  const { input, expected, pins } = rows[0] as { input: boolean; expected: boolean; pins: string[] };
  return { textOnly: { input, expected }, pins };
}
