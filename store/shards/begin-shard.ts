import { sql } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';
import { readRun } from '../runs/read-run.ts';

export interface ShardExample {
  ordinal: number;
  exampleId: string;
  input: Json;
  expected: Json | undefined;
  metadata: Record<string, Json>;
  clusterKey?: string | null;
}

export interface BegunShard {
  plan: Plan;
  intent: 'run' | 'pause' | 'abort';
  fromTrial: number;
  toTrial: number;
  /** Commits of this attempt carry it; a later attempt's is larger. */
  fence: number;
  /** Trial rows that are there already, as `ordinal/repetition/variant`. */
  done: Set<string>;
  examples: ShardExample[];
  /** The run went on after it had ended: scores may have to be made again. */
  reopened: boolean;
}

/**
 * Takes a shard over. First, in a transaction of its own, the fence grows, so that an earlier attempt that still lives
 * stops at its next commit; calls that attempt may have had in flight are counted. Only then are the finished trials
 * read: a call made twice is at most one for each lane.
 * @returns null when the shard is finished.
 */
export async function beginShard(
  db: Store,
  input: { runId: string; shard: number; lanes: number },
): Promise<BegunShard | null> {
  const taken = await db.transaction().execute(async (trx) => {
    const shard = await trx
      .selectFrom('shard')
      .selectAll()
      .where('run_id', '=', input.runId)
      .where('shard', '=', input.shard)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (shard.finished) return null;
    const left = shard.to_trial - shard.from_trial - shard.succeeded - shard.failed - shard.missing;
    await trx
      .updateTable('shard')
      .set({
        fence: shard.fence + 1,
        lanes: input.lanes,
        // `lanes` is 0 again when an attempt ended in good order, so this counts cut-off attempts only.
        interrupted_calls: sql`interrupted_calls + ${Math.min(shard.lanes, left)}`,
      })
      .where('run_id', '=', input.runId)
      .where('shard', '=', input.shard)
      .execute();
    return { ...shard, fence: shard.fence + 1 };
  });
  if (!taken) return null;

  const run = await readRun(db, input.runId);
  const perExample = run.plan.repetitions * run.plan.variants.length;
  const firstOrdinal = Math.floor(taken.from_trial / perExample);
  const lastOrdinal = Math.floor((taken.to_trial - 1) / perExample);
  const [rows, examples] = await Promise.all([
    db
      .selectFrom('plan_example as e')
      .innerJoin('trial as t', (join) =>
        join.onRef('t.run_id', '=', 'e.run_id').onRef('t.example_id', '=', 'e.example_id'),
      )
      .select(['t.ordinal', 't.repetition', 't.variant'])
      .where('e.run_id', '=', input.runId)
      .where('e.ordinal', '>=', firstOrdinal)
      .where('e.ordinal', '<=', lastOrdinal)
      .execute(),
    db
      .selectFrom('plan_example as e')
      .innerJoin('example_revision as r', 'r.id', 'e.example_revision_id')
      .select(['e.ordinal', 'e.example_id', 'r.input', 'r.expected', 'r.metadata', 'e.cluster_key'])
      .where('e.run_id', '=', input.runId)
      .where('e.ordinal', '>=', firstOrdinal)
      .where('e.ordinal', '<=', lastOrdinal)
      .orderBy('e.ordinal')
      .execute(),
  ]);
  return {
    plan: run.plan,
    intent: run.intent,
    reopened: run.reopened > 0,
    fromTrial: taken.from_trial,
    toTrial: taken.to_trial,
    fence: taken.fence,
    done: new Set(rows.map((row) => `${row.ordinal}/${row.repetition}/${row.variant}`)),
    examples: examples.map((row) => ({
      ordinal: row.ordinal,
      exampleId: row.example_id,
      input: row.input,
      expected: row.expected ?? undefined,
      metadata: row.metadata,
      clusterKey: row.cluster_key,
    })),
  };
}
