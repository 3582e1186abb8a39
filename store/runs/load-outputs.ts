import { sql } from 'kysely';
import { bulkRead } from '../bulk-read.ts';
import type { Store } from '../open-database.ts';

/** What an example was in a run, and what a variant answered, by hash. */
export interface OutputRow {
  exampleId: string;
  /** The same in two runs when the example's content is. */
  revisionId: string;
  /** SHA-256 of the output of each repetition; null without one. */
  hashes: (string | null)[];
}

/** The examples of a run in plan order, with hashes of what a variant answered. */
export function loadOutputs(db: Store, runId: string, variant: string): Promise<OutputRow[]> {
  return bulkRead(db, async (trx) => {
    const { rows } = await sql<OutputRow>`
      select p.example_id as "exampleId", p.example_revision_id::text as "revisionId",
        coalesce(array_agg(t.output_hash order by t.repetition) filter (where t.id is not null), '{}') as hashes
      from plan_example p
      left join trial t on t.run_id = p.run_id and t.example_id = p.example_id and t.variant = ${variant}
      where p.run_id = ${runId}
      group by p.ordinal, p.example_id, p.example_revision_id
      order by p.ordinal`.execute(trx);
    return rows;
  });
}
