import type { SluiceClient } from '../../client/create-client.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import type { Store } from '../../store/open-database.ts';
import { eventually } from './eventually.ts';

/** The run once `holds` is true of it; fails with what it was instead after `timeoutMs`. */
export function untilRun(
  sluice: SluiceClient,
  id: string,
  holds: (run: RunResult) => boolean,
  timeoutMs = 30_000,
): Promise<RunResult> {
  return eventually(async () => {
    const run = await sluice.runs.get.query({ id });
    if (holds(run)) return run;
    throw new Error(`run ${id} is still ${run.status}: ${JSON.stringify({ counts: run.counts, error: run.error })}`);
  }, timeoutMs);
}

/** The run once it is completed, failed or aborted. */
export function untilFinal(sluice: SluiceClient, id: string, timeoutMs?: number): Promise<RunResult> {
  return untilRun(sluice, id, (run) => isFinal(run.status), timeoutMs);
}

/** Resolves when no call of the run is in flight: every shard says that none of its lanes works. */
export async function untilAtRest(db: Store, id: string): Promise<void> {
  await eventually(async () => {
    const shards = await db.selectFrom('shard').select('lanes').where('run_id', '=', id).execute();
    return shards.every((shard) => shard.lanes === 0) || undefined;
  });
}
