import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** What the run's stored trials, re-runs and its own judges have cost so far, in USD. */
export async function readSpentUsd(db: Store, runId: string): Promise<number> {
  const { rows } = await sql<{ spent: number }>`
    select (select coalesce(sum(cost_usd), 0) from shard where run_id = ${runId})
      + (select coalesce(sum(cost_usd), 0) from confirmation where run_id = ${runId})
      + (select coalesce(sum(h.cost_usd), 0) from score_shard h join scoring s on s.id = h.scoring_id
        where s.run_id = ${runId} and s.kind = 'plan') as spent`.execute(db);
  return rows[0]?.spent ?? 0;
}
