import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import type { Store } from '../open-database.ts';

/** Splits that were in force once; those that never were are left out. Revisions never change. */
export async function findRevisions(
  db: Store,
  input: { agentId: string; revisions: readonly number[] },
): Promise<{ split: TrafficSplit; changedAt: Date }[]> {
  if (input.revisions.length === 0) return [];
  const rows = await db
    .selectFrom('traffic_revision')
    .select(['split', 'changed_at'])
    .where('agent_id', '=', input.agentId)
    .where('revision', 'in', [...input.revisions])
    .execute();
  return rows.map(({ split, changed_at }) => ({ split, changedAt: changed_at }));
}
