import { sql } from 'kysely';
import { defaultShots, type FewShotRule } from '../../schema/contracts/agent.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';

/** How many examples of a plan have the input or the clusterKey of one that a few-shot rule may choose. */
export async function countShotOverlap(
  db: Store,
  plan: Plan,
  rule: FewShotRule & { versionId: string },
): Promise<number> {
  const splits = plan.dataset.split === null ? null : [plan.dataset.split, ...plan.criterionSplits];
  const ids = rule.select === 'fixed' ? (rule.ids ?? null) : null;
  const first = rule.select === 'fixed' && rule.ids === undefined ? (rule.k ?? defaultShots) : null;
  const { rows } = await sql<{ count: number }>`
    with shot as materialized (
      select md5(r.input::text) as digest, r.cluster_key
      from dataset_member m join example_revision r on r.id = m.example_revision_id
      where m.dataset_version_id = ${rule.versionId} and r.expected is not null
        and (${rule.split ?? null}::text is null or ${rule.split ?? null}::text = any(m.splits))
        and (${ids}::text[] is null or r.example_id = any(${ids}::text[]))
      order by m.ordinal limit ${first}
    ), planned as (
      select md5(r.input::text) as digest, r.cluster_key
      from dataset_member m join example_revision r on r.id = m.example_revision_id
      where m.dataset_version_id = ${plan.dataset.versionId}
        and (${splits}::text[] is null or m.splits && ${splits}::text[])
      order by m.ordinal limit ${plan.limit}
    )
    select count(*)::int as count from planned
    where digest in (select digest from shot)
      or cluster_key in (select cluster_key from shot where cluster_key is not null)`.execute(db);
  return rows[0]?.count ?? 0;
}
