import type { Store } from '../open-database.ts';
import type { ShardExample } from '../shards/begin-shard.ts';

/** Some examples of a frozen plan with their content, by their place in the plan. */
export async function loadPlanExamples(
  db: Store,
  runId: string,
  ordinals: readonly number[],
): Promise<Map<number, ShardExample>> {
  if (ordinals.length === 0) return new Map();
  const rows = await db
    .selectFrom('plan_example as e')
    .innerJoin('example_revision as r', 'r.id', 'e.example_revision_id')
    .select(['e.ordinal', 'e.example_id', 'r.input', 'r.expected', 'r.metadata', 'e.cluster_key'])
    .where('e.run_id', '=', runId)
    .where('e.ordinal', 'in', [...ordinals])
    .execute();
  return new Map(
    rows.map((row) => [
      row.ordinal,
      {
        ordinal: row.ordinal,
        exampleId: row.example_id,
        input: row.input,
        expected: row.expected ?? undefined,
        metadata: row.metadata,
        clusterKey: row.cluster_key,
      },
    ]),
  );
}
