import type { Store } from '../open-database.ts';

/** The run that moves an agent's traffic now; null when none does. */
export async function findMovingRollout(db: Store, agentId: string): Promise<{ runId: string; phase: string } | null> {
  const row = await db
    .selectFrom('rollout_state')
    .select(['run_id as runId', 'phase'])
    .where('agent_id', '=', agentId)
    .where('phase', '<>', 'ended')
    .executeTakeFirst();
  return row ?? null;
}
