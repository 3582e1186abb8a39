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
 * reached the agent + their repeated calls + calls that may have been in flight when an attempt was cut off + the calls of
 * re-runs of broken examples, which are in no other count but the cost. Trials that took an earlier answer made no call.
 */
export async function countTrials(
  db: Store,
  run: { id: string; status: RunStatus; planned: number | null; budgeted?: boolean; usesCache?: boolean },
): Promise<RunTally> {
  const { rows } = await sql<{
    succeeded: number;
    failed: number;
    missing: number;
    retried: number;
    interrupted: number;
    cost: number;
    rerun: number;
    rerun_cost: number;
    judged_cost: number;
    cached: number;
  }>`
    select coalesce(sum(succeeded), 0) as succeeded, coalesce(sum(failed), 0) as failed,
      coalesce(sum(missing), 0) as missing, coalesce(sum(retried_calls), 0) as retried,
      coalesce(sum(interrupted_calls), 0) as interrupted, coalesce(sum(cost_usd), 0) as cost,
      coalesce(sum(cached), 0) as cached,
      (select coalesce(sum(calls), 0) from confirmation where run_id = ${run.id}) as rerun,
      (select coalesce(sum(cost_usd), 0) from confirmation where run_id = ${run.id}) as rerun_cost,
      (select coalesce(sum(h.cost_usd), 0) from score_shard h join scoring s on s.id = h.scoring_id
        where s.run_id = ${run.id} and s.kind = 'plan') as judged_cost
    from shard where run_id = ${run.id}`.execute(db);
  const nothing = {
    succeeded: 0,
    failed: 0,
    missing: 0,
    retried: 0,
    interrupted: 0,
    cost: 0,
    rerun: 0,
    rerun_cost: 0,
    judged_cost: 0,
    cached: 0,
  };
  const tally = rows[0] ?? nothing;
  const cost = tally.cost + tally.rerun_cost + tally.judged_cost;
  const planned = run.planned ?? 0;
  const left = planned - tally.succeeded - tally.failed - tally.missing;
  const judged = run.status === 'completed' || run.status === 'awaiting_approval';
  const unreached = tally.missing === 0 ? 0 : await countUnreached(db, run.id);
  return {
    counts: {
      planned,
      succeeded: tally.succeeded,
      failed: tally.failed,
      // A completed run has all its rows but those its budget kept from being run; one that is not there is missing.
      missing: tally.missing + (judged && !run.budgeted ? left : 0),
      notRun: (judged || isFinal(run.status)) && (!judged || run.budgeted) ? left : 0,
      ...(run.usesCache ? { cached: tally.cached } : {}),
    },
    agentCalls:
      tally.succeeded +
      tally.failed +
      tally.missing -
      unreached -
      tally.cached +
      tally.retried +
      tally.interrupted +
      tally.rerun,
    costUsd: cost > 0 ? cost : null,
  };
}

/** Rows without any call that reached the agent. */
async function countUnreached(db: Store, runId: string): Promise<number> {
  const { count } = await db
    .selectFrom('trial')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('run_id', '=', runId)
    // For the index on failed trials: watchers ask four times a second.
    .where('status', '=', 'failed')
    .where('attempts', '=', 0)
    .executeTakeFirstOrThrow();
  return count;
}
