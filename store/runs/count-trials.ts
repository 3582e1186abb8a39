import { sql } from 'kysely';
import type { RunCounts } from '../../schema/contracts/result.ts';
import { isFinal, type RunStatus } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';

export interface RunTally {
  counts: RunCounts;
  agentCalls: number;
  costUsd: number | null;
}

/**
 * Counts of a run from its shards' tallies (kept in step with the rows by each commit). `agentCalls` = trials that
 * reached the agent + their repeated calls + calls that may have been in flight when an attempt was cut off.
 */
export async function countTrials(
  db: Store,
  run: { id: string; status: RunStatus; planned: number | null },
): Promise<RunTally> {
  const { rows } = await sql<{
    succeeded: number;
    failed: number;
    missing: number;
    retried: number;
    interrupted: number;
    cost: number;
  }>`
    select coalesce(sum(succeeded), 0) as succeeded, coalesce(sum(failed), 0) as failed,
      coalesce(sum(missing), 0) as missing, coalesce(sum(retried_calls), 0) as retried,
      coalesce(sum(interrupted_calls), 0) as interrupted, coalesce(sum(cost_usd), 0) as cost
    from shard where run_id = ${run.id}`.execute(db);
  const tally = rows[0] ?? { succeeded: 0, failed: 0, missing: 0, retried: 0, interrupted: 0, cost: 0 };
  const planned = run.planned ?? 0;
  const left = planned - tally.succeeded - tally.failed - tally.missing;
  const unreached = tally.missing === 0 ? 0 : await countUnreached(db, run.id);
  return {
    counts: {
      planned,
      succeeded: tally.succeeded,
      failed: tally.failed,
      // A completed run has all its rows, so a row that is not there is missing; others were never run.
      missing: tally.missing + (run.status === 'completed' ? left : 0),
      notRun: isFinal(run.status) && run.status !== 'completed' ? left : 0,
    },
    agentCalls: tally.succeeded + tally.failed + tally.missing - unreached + tally.retried + tally.interrupted,
    costUsd: tally.cost > 0 ? tally.cost : null,
  };
}

/** Rows without any call that reached the agent. */
async function countUnreached(db: Store, runId: string): Promise<number> {
  const { count } = await db
    .selectFrom('trial')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('run_id', '=', runId)
    .where('attempts', '=', 0)
    .executeTakeFirstOrThrow();
  return count;
}
