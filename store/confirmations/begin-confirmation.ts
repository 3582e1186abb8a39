import { trialId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/** Names one re-run; `repetition` is beyond the planned ones. */
export interface ConfirmationKey {
  runId: string;
  variant: string;
  exampleId: string;
  repetition: number;
}

/**
 * Notes, before it is made, the first call of a re-run, so that no crash can hide it from `agentCalls`.
 * @returns False when the re-run is over already.
 */
export async function beginConfirmation(db: Store, key: ConfirmationKey): Promise<boolean> {
  const begun = await db
    .insertInto('confirmation')
    .values({
      id: trialId(key.runId, key.variant, key.exampleId, key.repetition),
      run_id: key.runId,
      variant: key.variant,
      example_id: key.exampleId,
      repetition: key.repetition,
      calls: 1,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'variant', 'example_id', 'repetition'])
        .doUpdateSet((eb) => ({ calls: eb('confirmation.calls', '+', 1) }))
        .where('confirmation.status', 'is', null),
    )
    .returning('id')
    .executeTakeFirst();
  return begun !== undefined;
}
