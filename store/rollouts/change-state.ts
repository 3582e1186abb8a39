import { sql, type Updateable } from 'kysely';
import type { RolloutStateTable } from '../../schema/tables/database.ts';
import type { Store } from '../open-database.ts';

/** Changes where a rollout stands; `seq` grows, so that a look that began before acts on nothing. */
export async function changeState(
  trx: Store,
  runId: string,
  set: Omit<Updateable<RolloutStateTable>, 'run_id' | 'agent_id' | 'seq'>,
): Promise<void> {
  await trx
    .updateTable('rollout_state')
    .set({ ...set, seq: sql`seq + 1` })
    .where('run_id', '=', runId)
    .execute();
}
