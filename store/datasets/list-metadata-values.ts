import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Values of a metadata key in a dataset version, as text, most frequent first; at most `limit`. */
export async function listMetadataValues(
  db: Store,
  input: { versionId: string; key: string; limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ value: string }>`
    with cell as (
      select r.metadata -> ${input.key} as value
      from dataset_member m join example_revision r on r.id = m.example_revision_id
      where m.dataset_version_id = ${input.versionId} and r.metadata ? ${input.key}
    ), entry as (
      select value from cell where jsonb_typeof(value) <> 'array'
      union all
      select e.value from cell c
      cross join lateral jsonb_array_elements(case jsonb_typeof(c.value) when 'array' then c.value else '[]' end) e
    )
    select value #>> '{}' as value from entry where jsonb_typeof(value) in ('string', 'number', 'boolean')
    group by 1 order by count(*) desc, 1 limit ${input.limit}`.execute(db);
  return rows.map((row) => row.value);
}
