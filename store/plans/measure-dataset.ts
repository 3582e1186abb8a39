import { sql } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';
import type { ShardExample } from '../shards/begin-shard.ts';

export interface DatasetMeasure {
  examples: number;
  /** Null when no two examples share one. */
  clusters: number | null;
  withExpected: number;
  /** Spread evenly over the plan. */
  sample: ShardExample[];
}

/** Counts the examples that a plan would ask, and reads `size` of them. Nothing is frozen. */
export async function measureDataset(db: Store, plan: Plan, size: number): Promise<DatasetMeasure> {
  const splits = plan.dataset.split === null ? null : [plan.dataset.split, ...plan.criterionSplits];
  // The same examples as in `freezePlan`.
  const planned = sql`
    select row_number() over (order by m.ordinal) - 1 as ordinal, r.example_id, r.cluster_key, r.id as revision_id,
      r.expected is not null as has_expected
    from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${plan.dataset.versionId}
      and (${splits}::text[] is null or m.splits && ${splits}::text[])
    order by m.ordinal limit ${plan.limit}`;
  const { rows } = await sql<{ examples: number; clusters: number; withExpected: number }>`
    select count(*)::int as examples,
      (count(distinct cluster_key) + count(*) filter (where cluster_key is null))::int as clusters,
      (count(*) filter (where has_expected))::int as "withExpected"
    from (${planned}) as planned`.execute(db);
  const { examples, clusters, withExpected } = rows[0] ?? { examples: 0, clusters: 0, withExpected: 0 };
  const count = Math.min(size, examples);
  const ordinals = Array.from({ length: count }, (_, index) => Math.floor((index * examples) / count));
  const sample = await sql<{
    ordinal: number;
    exampleId: string;
    input: Json;
    expected: Json | null;
    metadata: Record<string, Json>;
    clusterKey: string | null;
  }>`
    select p.ordinal, p.example_id as "exampleId", r.input, r.expected, r.metadata, r.cluster_key as "clusterKey"
    from (${planned}) as p join example_revision r on r.id = p.revision_id
    where p.ordinal = any(${ordinals}::int[])
    order by p.ordinal`.execute(db);
  return {
    examples,
    clusters: clusters < examples ? clusters : null,
    withExpected,
    sample: sample.rows.map((row) => ({ ...row, expected: row.expected ?? undefined })),
  };
}
