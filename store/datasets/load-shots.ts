import { sql } from 'kysely';
import { defaultShots, type FewShotRule } from '../../schema/contracts/agent.ts';
import type { Shot } from '../../schema/contracts/call.ts';
import type { Store } from '../open-database.ts';

/**
 * The examples that a pinned few-shot rule chooses from: those of its split that have an expected value, in dataset
 * order; with `fixed` the named ones in their order, or the first `k`.
 */
export async function loadShots(db: Store, rule: FewShotRule & { versionId: string }): Promise<Shot[]> {
  const ids = rule.select === 'fixed' ? rule.ids : undefined;
  const first = rule.select === 'fixed' && ids === undefined ? (rule.k ?? defaultShots) : null;
  const { rows } = await sql<Shot>`
    select r.example_id as id, r.input, r.expected, r.cluster_key as "clusterKey"
    from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${rule.versionId} and r.expected is not null
      and (${rule.split ?? null}::text is null or ${rule.split ?? null}::text = any(m.splits))
      and (${ids ?? null}::text[] is null or r.example_id = any(${ids ?? null}::text[]))
    order by m.ordinal limit ${first}`.execute(db);
  if (ids === undefined) return rows;
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
