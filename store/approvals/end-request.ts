import { sql } from 'kysely';
import type { ApprovalState } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';

/** Ends an open request. @returns False when it had ended before; nothing was changed then. */
export async function endRequest(
  trx: Store,
  input: { requestId: string; state: Exclude<ApprovalState, 'open'>; reason: string | null },
): Promise<boolean> {
  const ended = await trx
    .updateTable('approval_request')
    .set({ state: input.state, reason: input.reason, decided_at: sql`clock_timestamp()` })
    .where('id', '=', input.requestId)
    .where('state', '=', 'open')
    .returning('id')
    .executeTakeFirst();
  return ended !== undefined;
}

/** Lets every open request of a run lapse: what they asked about is not what stands now. */
export async function lapseRequests(trx: Store, input: { runId: string; reason: string }): Promise<void> {
  await trx
    .updateTable('approval_request')
    .set({ state: 'lapsed', reason: input.reason, decided_at: sql`clock_timestamp()` })
    .where('run_id', '=', input.runId)
    .where('state', '=', 'open')
    .execute();
}
