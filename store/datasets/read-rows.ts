import { sql } from 'kysely';
import type { StoredRow } from '../../schema/contracts/dataset.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

/** JSON text in one answer, about; a single row may be longer. */
const pageBytes = 4_194_304;
const pageRows = 1_000;

/**
 * The next rows of a version after `after` (an ordinal; -1 = from the first), as many as fit an answer.
 * @param input.split Only the examples of this split; null = all.
 */
export async function readRows(
  db: Store,
  input: { versionId: string; split: string | null; after: number },
): Promise<StoredRow[]> {
  const { rows } = await sql<{
    ordinal: number;
    id: string;
    input: Json;
    expected: Json | null;
    metadata: Record<string, Json>;
    cluster_key: string | null;
    source_trace_id: string | null;
    splits: string[];
  }>`
    with page as (
      select m.ordinal, m.splits, r.example_id as id, r.input, r.expected, r.metadata, r.cluster_key, r.source_trace_id
      from dataset_member m join example_revision r on r.id = m.example_revision_id
      where m.dataset_version_id = ${input.versionId} and m.ordinal > ${input.after}
        and (${input.split}::text is null or ${input.split} = any(m.splits))
      order by m.ordinal limit ${pageRows}
    ), sized as (
      select *, sum(octet_length(input::text) + coalesce(octet_length(expected::text), 0) + octet_length(metadata::text))
        over (order by ordinal) as bytes, row_number() over (order by ordinal) as place
      from page
    )
    select ordinal, id, input, expected, metadata, cluster_key, source_trace_id, splits from sized
    where bytes <= ${pageBytes} or place = 1 order by ordinal`.execute(db);
  return rows.map((row) => ({
    ordinal: row.ordinal,
    id: row.id,
    input: row.input,
    ...(row.expected === null ? {} : { expected: row.expected }),
    ...(row.splits.length === 0 ? {} : { splits: row.splits }),
    ...(Object.keys(row.metadata).length === 0 ? {} : { metadata: row.metadata }),
    ...(row.cluster_key === null ? {} : { clusterKey: row.cluster_key }),
    ...(row.source_trace_id === null ? {} : { sourceTraceId: row.source_trace_id }),
  }));
}
