import type { Store } from '../open-database.ts';

/** Where a new rollout stands: nowhere yet. @returns the run that moves the agent's traffic already, else null. */
export async function insertRolloutState(
  trx: Store,
  input: { runId: string; agentId: string },
): Promise<{ movedBy: string } | null> {
  const inserted = await trx
    .insertInto('rollout_state')
    .values({ run_id: input.runId, agent_id: input.agentId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('run_id')
    .executeTakeFirst();
  if (inserted) return null;
  const mover = await trx
    .selectFrom('rollout_state')
    .select('run_id')
    .where('agent_id', '=', input.agentId)
    .where('phase', '<>', 'ended')
    .executeTakeFirst();
  return { movedBy: mover?.run_id ?? input.runId };
}
