import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

export interface RevisionCount {
  variant: string;
  /** As the agent told it with its answer. */
  revision: string;
  /** Trials it answered; answers from the cache are of other runs. */
  trials: number;
}

/** Which builds answered a run's trials, as far as they said; of each variant the one that answered first, first. */
export async function countRevisions(db: Store, runId: string): Promise<RevisionCount[]> {
  const { rows } = await sql<RevisionCount>`
    select variant, revision, count(*)::int as trials
    from trial where run_id = ${runId} and revision is not null and not cached
    group by variant, revision order by variant, min(finished_at), revision`.execute(db);
  return rows;
}
