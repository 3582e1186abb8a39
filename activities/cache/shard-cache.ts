import { randomBytes } from 'node:crypto';
import type { Plan } from '../../schema/contracts/plan.ts';
import { trialId } from '../../schema/ids.ts';
import { type CachedAnswer, findAnswers } from '../../store/cache/find-answers.ts';
import type { Store } from '../../store/open-database.ts';
import type { FinishedTrial } from '../../store/trials/commit-trials.ts';
import { runTrial, type TrialKey, type TrialMeans } from '../lanes/run-trial.ts';
import { scoreTrial } from '../lanes/score-trial.ts';
import { cacheKey } from './cache-key.ts';

/** Trials that are looked up at once: their answers are held until each is taken. */
const batchSize = 50;

/** Makes trials from earlier answers where there are any, and by calls where there are none. */
export interface ShardCache {
  makeTrial(key: TrialKey, means: TrialMeans): Promise<FinishedTrial>;
}

/**
 * The cache as one attempt at a shard uses it: looks its trials up in batches, in the order they are taken. Only
 * answers that succeeded are kept or taken; what is scored is scored anew.
 * @param trials Those left to make.
 */
export function openShardCache(
  db: Store,
  input: {
    runId: string;
    plan: Plan;
    cache: { maxAgeMs: number | null };
    trials: readonly Omit<TrialKey, 'runId' | 'shard'>[];
  },
): ShardCache {
  const configs = new Map(input.plan.variants.map(({ name, config }) => [name, config]));
  const keyOf = ({ variant, example, repetition }: Omit<TrialKey, 'runId' | 'shard'>) => {
    const config = configs.get(variant);
    if (!config) throw new Error(`variant ${variant} is not in the plan`);
    return cacheKey(config, example, repetition);
  };
  const batchOf = new Map<string, number>();
  const batches = new Map<number, Promise<Map<string, CachedAnswer>>>();
  const left = new Map<number, number>();
  input.trials.forEach((trial, index) => {
    const batch = Math.floor(index / batchSize);
    batchOf.set(placeOf(trial), batch);
    left.set(batch, (left.get(batch) ?? 0) + 1);
  });
  const look = (batch: number) => {
    const trials = input.trials.slice(batch * batchSize, (batch + 1) * batchSize);
    const keys = [...new Set(trials.map(keyOf))];
    return findAnswers(db, { runId: input.runId, keys, maxAgeMs: input.cache.maxAgeMs }).then(
      (answers) => new Map(answers.map((answer) => [answer.key, answer])),
    );
  };

  return {
    makeTrial: async (trial, means) => {
      const key = keyOf(trial);
      const batch = batchOf.get(placeOf(trial)) ?? 0;
      const found = batches.get(batch) ?? look(batch);
      batches.set(batch, found);
      const answer = (await found).get(key);
      const remaining = (left.get(batch) ?? 1) - 1;
      left.set(batch, remaining);
      if (remaining === 0) batches.delete(batch);
      if (answer) return takeAnswer(trial, means, answer);
      const row = await runTrial(trial, means);
      return row.status === 'succeeded' ? { ...row, cacheKey: key } : row;
    },
  };
}

function placeOf({ variant, example, repetition }: Omit<TrialKey, 'runId' | 'shard'>): string {
  return `${example.ordinal}/${repetition}/${variant}`;
}

/** A trial without a call: nothing was waited for, paid or counted, so it has no latency, cost or tokens. */
async function takeAnswer(key: TrialKey, means: TrialMeans, answer: CachedAnswer): Promise<FinishedTrial> {
  const { runId, shard, variant, repetition, example } = key;
  const row: FinishedTrial = {
    runId,
    shard,
    id: trialId(runId, variant, example.exampleId, repetition),
    variant,
    exampleId: example.exampleId,
    repetition,
    ordinal: example.ordinal,
    status: 'succeeded',
    errorClass: null,
    causedBy: null,
    errorMessage: null,
    attempts: 0,
    latencyMs: null,
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
    steps: answer.steps,
    trajectory: answer.trajectory ?? undefined,
    cached: true,
    output: answer.output,
    outputHash: answer.outputHash,
    model: answer.model,
    revision: answer.revision,
    traceId: randomBytes(16).toString('hex'),
    scores: [],
  };
  row.scores = await scoreTrial(row, example, means.evaluators);
  return row;
}
