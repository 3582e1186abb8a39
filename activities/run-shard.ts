import { type BegunShard, beginShard } from '../store/shards/begin-shard.ts';
import { countRetriedCall } from '../store/shards/count-retried-call.ts';
import { endShard } from '../store/shards/end-shard.ts';
import { readShardOrders } from '../store/shards/read-shard-orders.ts';
import { openShardCache } from './cache/shard-cache.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { runTrial, type TrialMeans } from './lanes/run-trial.ts';
import { scoreAgain } from './lanes/score-again.ts';
import { ShardControl } from './lanes/shard-control.ts';
import { trialMeans } from './lanes/trial-means.ts';

export interface RunShardInput {
  runId: string;
  shard: number;
  lanes: number;
}

/** `finished`: all rows are there. Otherwise why the lanes stopped before that; the shard may be run again. */
export interface RunShardOutput {
  outcome: 'finished' | 'paused' | 'aborted' | 'superseded' | 'unreachable' | 'over_budget';
  /** With `unreachable`: which agent, and what was tried. */
  message?: string;
}

/** So many calls in a row that reached nobody at an endpoint end the run before the whole plan is burnt. */
const unreachableLimit = 20;

/**
 * Runs the trials [fromTrial, toTrial) of a plan in `lanes` lanes. A lane takes its next trial after its row is
 * committed; a second attempt runs only what has no row yet.
 */
export async function runShard(dependencies: ActivityDependencies, input: RunShardInput): Promise<RunShardOutput> {
  const { db, budgets } = dependencies;
  const begun = await beginShard(db, input);
  if (!begun) return { outcome: 'finished' };

  const control = new ShardControl<'unreachable'>(begun, () => readShardOrders(db, input.runId, input.shard));
  try {
    if (await budgets.isSpent(input.runId, begun.plan)) control.end({ outcome: 'over_budget' });
    const meansOf = await trialMeans(dependencies, {
      plan: begun.plan,
      signal: control.signal,
      cut: control.cut,
      countRetriedCall: () => countRetriedCall(db, input.runId, input.shard),
    });
    const makeTrial = begun.plan.cache
      ? openShardCache(db, { ...input, plan: begun.plan, cache: begun.plan.cache, trials: [...trialsOf(begun)] })
          .makeTrial
      : runTrial;
    if (begun.reopened) {
      const { evaluators } = [...meansOf.values()][0] as TrialMeans;
      await scoreAgain(db, { runId: input.runId, begun, evaluators, signal: control.signal });
    }
    const trials = trialsOf(begun);
    const lane = async () => {
      for (let next = trials.next(); !next.done && !control.ended; next = trials.next()) {
        const { variant, ...place } = next.value;
        const means = meansOf.get(variant) as TrialMeans;
        const row = await makeTrial({ ...place, variant, runId: input.runId, shard: input.shard }, means);
        control.heed(await dependencies.writer.commit(row));
        budgets.note(input.runId, row.costUsd);
        const isUnreachable = row.errorClass === 'unreachable';
        const inARow = row.cached ? 0 : dependencies.streaks.note(input.runId, means.agent.endpoint, isUnreachable);
        if (inARow >= unreachableLimit) {
          control.end({ outcome: 'unreachable', message: `${variant}: ${row.errorMessage}` });
        }
        if (await budgets.isSpent(input.runId, begun.plan)) control.end({ outcome: 'over_budget' });
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: input.lanes }, lane));
    // A lane that broke may have made a call that no row tells of: the attempt is cut off then, whatever it was told.
    for (const lane of lanes) {
      if (lane.status === 'rejected' && lane.reason !== control.signal.reason) throw lane.reason;
    }
    const { ended } = control;
    await endShard(db, { ...input, fence: begun.fence, finished: ended === null });
    if (ended) control.throwIfCancelled();
    return ended ?? { outcome: 'finished' };
  } finally {
    control.close();
  }
}

/** The shard's trials that have no row yet, in plan order. */
function* trialsOf(begun: BegunShard) {
  const { variants, repetitions } = begun.plan;
  const perExample = variants.length * repetitions;
  const first = begun.examples[0]?.ordinal ?? 0;
  for (let trial = begun.fromTrial; trial < begun.toTrial; trial += 1) {
    const example = begun.examples[Math.floor(trial / perExample) - first];
    const variant = variants[trial % variants.length];
    const repetition = Math.floor((trial % perExample) / variants.length);
    if (!example || !variant) throw new Error(`trial ${trial} is not in the plan`);
    if (begun.done.has(`${example.ordinal}/${repetition}/${variant.name}`)) continue;
    yield { example, repetition, variant: variant.name };
  }
}
