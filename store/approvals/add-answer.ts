import { sql } from 'kysely';
import type { Answer } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';
import type { ApprovalRequest } from './find-request.ts';

/** Writes what a person said to a request. The run is locked, and whoever calls has seen that the person may. */
export async function addAnswer(
  trx: Store,
  input: { request: ApprovalRequest; personId: string; keyId: string; answer: Answer; reason: string | null },
): Promise<void> {
  await trx
    .insertInto('approval')
    .values({
      request_id: input.request.id,
      key_id: input.keyId,
      run_id: input.request.runId,
      person_id: input.personId,
      evidence_id: input.request.evidenceId,
      plan_hash: input.request.planHash,
      answer: input.answer,
      reason: input.reason,
      created_at: sql`clock_timestamp()`,
    })
    .execute();
}
