import { sql } from 'kysely';
import type { ExperimentEvidence } from '../../schema/contracts/evidence.ts';
import type { Store } from '../open-database.ts';

/**
 * For each metadata key the positions of the run's examples by value, as text. An example whose value is a list stands
 * under each entry; objects and null make no slice.
 */
export async function loadSlices(
  db: Store,
  runId: string,
  keys: readonly string[],
): Promise<NonNullable<ExperimentEvidence['slices']>> {
  if (keys.length === 0) return {};
  const { rows } = await sql<{ key: string; value: string; positions: number[] }>`
    with cell as (
      select p.ordinal, k.key, r.metadata -> k.key as value
      from plan_example p
      join example_revision r on r.id = p.example_revision_id
      cross join unnest(${[...keys]}::text[]) as k(key)
      where p.run_id = ${runId} and r.metadata ? k.key
    ), entry as (
      select ordinal, key, value from cell where jsonb_typeof(value) <> 'array'
      union all
      select c.ordinal, c.key, e.value from cell c
      cross join lateral jsonb_array_elements(case jsonb_typeof(c.value) when 'array' then c.value else '[]' end) e
    )
    select key, value #>> '{}' as value, array_agg(distinct ordinal order by ordinal) as positions
    from entry where jsonb_typeof(value) in ('string', 'number', 'boolean')
    group by 1, 2
    order by 1, 2`.execute(db);
  return Object.fromEntries(
    keys.map((key) => [
      key,
      Object.fromEntries(
        rows.filter((row) => row.key === key).map(({ value, positions }) => [value, Uint32Array.from(positions)]),
      ),
    ]),
  );
}
