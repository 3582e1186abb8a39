import { sql } from 'kysely';
import type { RolloutLook } from '../../schema/contracts/rollout-look.ts';
import type { Store } from '../open-database.ts';

/** Keeps the newest look for readers, and tells those who watch. No change of state. */
export async function noteLook(trx: Store, runId: string, look: RolloutLook): Promise<void> {
  await trx
    .updateTable('rollout_state')
    .set({ latest_look: JSON.stringify(look) })
    .where('run_id', '=', runId)
    .execute();
  await sql`select pg_notify('sluice_run', ${runId})`.execute(trx);
}
