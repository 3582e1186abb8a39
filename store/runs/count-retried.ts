import { sql } from 'kysely';
import type { RetriedTrials } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** How many trials of each variant failed and were made again. A trial that was made again twice counts once. */
export async function countRetried(db: Store, runId: string): Promise<RetriedTrials[]> {
  const { rows } = await sql<RetriedTrials>`
    select variant, count(distinct id)::int as trials,
      count(distinct id) filter (where caused_by = 'agent')::int as "failedByAgent"
    from superseded_trial where run_id = ${runId} group by variant order by variant`.execute(db);
  return rows;
}
