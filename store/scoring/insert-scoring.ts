import type { PlannedEvaluator } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';

/** Records that evaluators are to be attached to a run, with its row locked by the caller's transaction. */
export async function insertScoring(
  trx: Store,
  input: {
    id: string;
    runId: string;
    evaluators: PlannedEvaluator[];
    idempotencyKey: string | null;
    requestedBy: string;
  },
): Promise<void> {
  await trx
    .insertInto('scoring')
    .values({
      id: input.id,
      run_id: input.runId,
      kind: 'attached',
      evaluators: JSON.stringify(input.evaluators),
      status: 'waiting',
      idempotency_key: input.idempotencyKey,
      requested_by: input.requestedBy,
    })
    .execute();
}
