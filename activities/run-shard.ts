import { cancellationSignal } from '@temporalio/activity';
import { type BegunShard, beginShard } from '../store/shards/begin-shard.ts';
import { countRetriedCall } from '../store/shards/count-retried-call.ts';
import { endShard } from '../store/shards/end-shard.ts';
import { readShardOrders, type ShardOrders } from '../store/shards/read-shard-orders.ts';
import { openShardCache } from './cache/shard-cache.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { runTrial, type TrialMeans } from './lanes/run-trial.ts';
import { scoreAgain } from './lanes/score-again.ts';
import { trialMeans } from './lanes/trial-means.ts';
import { isSpent } from './limits/is-spent.ts';

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

/** A worker is ended by force 10 s after its activities were cancelled. */
const cutAfterMs = 5_000;

/**
 * Runs the trials [fromTrial, toTrial) of a plan in `lanes` lanes. A lane takes its next trial after its row is
 * committed; a second attempt runs only what has no row yet.
 */
export async function runShard(dependencies: ActivityDependencies, input: RunShardInput): Promise<RunShardOutput> {
  const { db } = dependencies;
  const begun = await beginShard(db, input);
  if (!begun) return { outcome: 'finished' };

  const stop = new AbortController();
  let outcome: RunShardOutput | null = null;
  const end = (reason: RunShardOutput) => {
    outcome ??= reason;
    // Lanes that wait for a limit or between attempts stop at once; calls in flight are let finish.
    stop.abort(new Error(reason.outcome));
  };
  const heed = (orders: ShardOrders) => {
    if (orders.fence !== begun.fence) end({ outcome: 'superseded' });
    else if (orders.intent === 'pause') end({ outcome: 'paused' });
    else if (orders.intent === 'abort') end({ outcome: 'aborted' });
  };
  heed(begun);
  if (await isSpent(db, input.runId, begun.plan)) end({ outcome: 'over_budget' });

  // Cancelled when the worker shuts down: finish what is in flight, take nothing new. A call that does not end is cut
  // off before the worker is ended by force, and is made again by the next attempt, which counts it.
  const cancelled = cancellationSignal();
  const cut = new AbortController();
  let cutting: NodeJS.Timeout | undefined;
  const onCancel = () => {
    end({ outcome: 'superseded' });
    cutting = setTimeout(() => cut.abort(new Error('the worker stops')), cutAfterMs);
  };
  cancelled.addEventListener('abort', onCancel);
  // Calls may take minutes; a command or a later attempt is noticed between commits too.
  const look = setInterval(() => {
    void readShardOrders(db, input.runId, input.shard).then(heed, () => {});
  }, 1_000);

  try {
    const meansOf = await trialMeans(dependencies, {
      plan: begun.plan,
      signal: stop.signal,
      cut: cut.signal,
      countRetriedCall: () => countRetriedCall(db, input.runId, input.shard),
    });
    const makeTrial = begun.plan.cache
      ? openShardCache(db, { ...input, plan: begun.plan, cache: begun.plan.cache, trials: [...trialsOf(begun)] })
          .makeTrial
      : runTrial;
    if (begun.reopened) {
      const { evaluators } = [...meansOf.values()][0] as TrialMeans;
      await scoreAgain(db, { runId: input.runId, begun, evaluators, signal: stop.signal });
    }
    const trials = trialsOf(begun);
    const lane = async () => {
      for (let next = trials.next(); !next.done && !outcome; next = trials.next()) {
        const { variant, ...place } = next.value;
        const means = meansOf.get(variant) as TrialMeans;
        const row = await makeTrial({ ...place, variant, runId: input.runId, shard: input.shard }, means);
        heed(await dependencies.writer.commit(row));
        const isUnreachable = row.errorClass === 'unreachable';
        const inARow = row.cached ? 0 : dependencies.streaks.note(input.runId, means.agent.endpoint, isUnreachable);
        if (inARow >= unreachableLimit) end({ outcome: 'unreachable', message: `${variant}: ${row.errorMessage}` });
        if (await isSpent(db, input.runId, begun.plan)) end({ outcome: 'over_budget' });
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: input.lanes }, lane));
    // A lane that broke may have made a call that no row tells of: the attempt is cut off then, whatever it was told.
    for (const ended of lanes) {
      if (ended.status === 'rejected' && ended.reason !== stop.signal.reason) throw ended.reason;
    }
    if (outcome) {
      await endShard(db, { ...input, fence: begun.fence, finished: false });
      cancelled.throwIfAborted();
      return outcome;
    }
    await endShard(db, { ...input, fence: begun.fence, finished: true });
    return { outcome: 'finished' };
  } finally {
    clearInterval(look);
    clearTimeout(cutting);
    cancelled.removeEventListener('abort', onCancel);
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
