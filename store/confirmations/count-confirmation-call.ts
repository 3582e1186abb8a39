import type { Store } from '../open-database.ts';
import type { ConfirmationKey } from './begin-confirmation.ts';

/** Counts a further call of a re-run, before it is made. */
export async function countConfirmationCall(db: Store, key: ConfirmationKey): Promise<void> {
  await db
    .updateTable('confirmation')
    .set((eb) => ({ calls: eb('calls', '+', 1) }))
    .where('run_id', '=', key.runId)
    .where('variant', '=', key.variant)
    .where('example_id', '=', key.exampleId)
    .where('repetition', '=', key.repetition)
    .execute();
}
