import type { RunResult } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** Writes what a run can show; what was stated first stands. */
export async function setDetectableEffects(
  db: Store,
  runId: string,
  effects: NonNullable<RunResult['detectableEffects']>,
): Promise<void> {
  await db
    .updateTable('run')
    .set({ detectable_effects: JSON.stringify(effects) })
    .where('id', '=', runId)
    .where('detectable_effects', 'is', null)
    .execute();
}
