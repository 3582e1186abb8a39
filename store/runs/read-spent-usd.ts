import type { Store } from '../open-database.ts';

/** What the run's stored trials have cost so far, in USD. */
export async function readSpentUsd(db: Store, runId: string): Promise<number> {
  const { spent } = await db
    .selectFrom('shard')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('cost_usd'), eb.lit(0)).as('spent'))
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  return spent;
}
