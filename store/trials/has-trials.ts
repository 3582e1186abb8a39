import type { Store } from '../open-database.ts';

/** True when a trial of the run is stored. */
export async function hasTrials(db: Store, runId: string): Promise<boolean> {
  const trial = await db.selectFrom('trial').select('id').where('run_id', '=', runId).limit(1).executeTakeFirst();
  return trial !== undefined;
}
