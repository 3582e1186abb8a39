import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Examples of a frozen plan, and how many clusters they make; null when no two share one. */
export async function measurePlan(db: Store, runId: string): Promise<{ examples: number; clusters: number | null }> {
  const { rows } = await sql<{ examples: number; clusters: number }>`
    select count(*)::int as examples,
      (count(distinct cluster_key) + count(*) filter (where cluster_key is null))::int as clusters
    from plan_example where run_id = ${runId}`.execute(db);
  const { examples, clusters } = rows[0] ?? { examples: 0, clusters: 0 };
  return { examples, clusters: clusters < examples ? clusters : null };
}
