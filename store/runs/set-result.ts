import type { RunResult } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** Freezes the result of a run, in the transaction that completes it. */
export async function setResult(trx: Store, runId: string, result: RunResult): Promise<void> {
  await trx
    .updateTable('run')
    .set({ result: JSON.stringify(result) })
    .where('id', '=', runId)
    .execute();
}
