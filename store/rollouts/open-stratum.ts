import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/**
 * Opens the next stratum of a rollout and closes the one before. Units first exposed under a revision of it are counted in it.
 * @returns its number, from 0
 */
export async function openStratum(
  trx: Store,
  input: {
    runId: string;
    stage: number;
    seed: string;
    shares: Record<string, number>;
    /** Of every metric, scaled; frozen before the first unit. */
    anchors: Record<string, number>;
  },
): Promise<number> {
  const { runId } = input;
  const before = await trx
    .selectFrom('stratum')
    .select((eb) => eb.fn.max<number | null>('stratum').as('stratum'))
    .where('run_id', '=', runId)
    .executeTakeFirst();
  await trx
    .updateTable('stratum')
    .set({ closed_at: sql`clock_timestamp()` })
    .where('run_id', '=', runId)
    .where('closed_at', 'is', null)
    .execute();
  const stratum = (before?.stratum ?? -1) + 1;
  await trx
    .insertInto('stratum')
    .values({
      run_id: runId,
      stratum,
      stage: input.stage,
      seed: input.seed,
      shares: JSON.stringify(input.shares),
      anchors: JSON.stringify(input.anchors),
    })
    .execute();
  return stratum;
}
