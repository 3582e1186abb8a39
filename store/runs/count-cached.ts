import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Trials of a variant that took an earlier answer. */
export interface CachedTrials {
  variant: string;
  trials: number;
  /** Trials of the variant that were made. */
  of: number;
}

/** Variants that took answers out of the cache. */
export async function countCached(db: Store, runId: string): Promise<CachedTrials[]> {
  const { rows } = await sql<CachedTrials>`
    select variant, count(*) filter (where cached)::int as trials, count(*)::int as of
    from trial where run_id = ${runId} group by variant
    having bool_or(cached) order by variant`.execute(db);
  return rows;
}
