import { sql } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

export interface StagedRow {
  ordinal: number;
  exampleId: string | null;
  contentHash: string;
  input: Json;
  expected: Json | null;
  metadata: Record<string, Json>;
  clusterKey: string | null;
  sourceTraceId: string | null;
  splits: string[];
}

/** Stages rows of a push. The same chunk twice is stored once. */
export async function stageRows(db: Store, pushId: string, rows: StagedRow[]): Promise<void> {
  await sql`
    insert into dataset_push_row (push_id, ordinal, example_id, content_hash, input, expected, metadata, cluster_key,
      source_trace_id, splits)
    select ${pushId}, ordinal, "exampleId", "contentHash", coalesce(input, 'null'), expected, metadata, "clusterKey",
      "sourceTraceId", array(select json_array_elements_text(splits))
    from json_to_recordset(${JSON.stringify(rows)}::json) as t(ordinal int, "exampleId" text, "contentHash" text,
      input jsonb, expected jsonb, metadata jsonb, "clusterKey" text, "sourceTraceId" text, splits json)
    on conflict do nothing`.execute(db);
}
