import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionRegistry } from '../../schema/contracts/call.ts';
import { isLaneEvaluator } from '../../schema/contracts/evaluator.ts';
import type { Plan, PlannedVariant } from '../../schema/contracts/plan.ts';
import type { SampleCall, VariantSample } from '../../schema/contracts/plan-preview.ts';
import { findProjectId } from '../../store/datasets/find-project-id.ts';
import type { ShardExample } from '../../store/shards/begin-shard.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { runTrial } from '../lanes/run-trial.ts';
import { judgeCaller } from '../scoring/judge-caller.ts';

export interface SampleRequest {
  previewId: string;
  plan: Plan;
  examples: readonly ShardExample[];
  functions: FunctionRegistry;
  /** What is not answered by then counts as failed. */
  deadlineMs: number;
  signal: AbortSignal;
}

/** Calls a variant once on each example, all at once within its limits, without trying again; nothing is stored. */
export async function sampleVariant(
  dependencies: ActivityDependencies,
  { name, agent: version, config }: PlannedVariant,
  request: SampleRequest,
): Promise<{ sample: VariantSample; calls: SampleCall[] }> {
  const { previewId, plan, examples, functions } = request;
  const none: VariantSample = {
    variant: name,
    agent: version,
    adapter: config.adapter,
    calls: 0,
    failed: 0,
    latencyMs: null,
    costUsd: null,
    skipped: null,
  };
  if (config.sideEffects) return { sample: { ...none, skipped: 'it has side effects' }, calls: [] };
  const agent = dependencies.agentFor(config, functions);
  const problem = await agent.probe();
  if (problem) return { sample: { ...none, skipped: problem.message }, calls: [] };

  const media = dependencies.media.of(await findProjectId(dependencies.db, plan.dataset.versionId));
  const callAgent = judgeCaller(dependencies, { functions, media, signal: request.signal });
  const means = {
    agent,
    limiter: dependencies.limiterFor(agent, config),
    evaluators: plan.evaluators.map(({ versionId, config: judge }) => ({
      versionId,
      evaluator: dependencies.evaluatorFor(judge, functions, isLaneEvaluator(judge) ? undefined : callAgent),
    })),
    retries: 0,
    media,
    signal: request.signal,
    countRetriedCall: async () => {},
  };
  const calls = await Promise.all(
    examples.map(async (example): Promise<SampleCall> => {
      const base = { variant: name, exampleId: example.exampleId };
      const failed = { ...base, output: null, latencyMs: null, costUsd: null, scores: {} };
      const key = { runId: previewId, shard: 0, variant: name, repetition: 0, example };
      const late = delay(request.deadlineMs, null, { ref: false });
      const row = await Promise.race([runTrial(key, means).catch((error: unknown) => error), late]);
      if (row === null) return { ...failed, error: `no answer within ${request.deadlineMs / 1_000} s` };
      if (row instanceof Error) return { ...failed, error: row.message };
      const trial = row as Awaited<ReturnType<typeof runTrial>>;
      return {
        ...base,
        output: trial.output ?? null,
        error: trial.status === 'succeeded' ? null : trial.errorMessage,
        latencyMs: trial.latencyMs,
        costUsd: trial.costUsd,
        scores: Object.fromEntries(trial.scores.map((score) => [score.name, score.score])),
      };
    }),
  );
  const answered = calls.filter(({ error }) => error === null);
  return {
    sample: {
      ...none,
      calls: calls.length,
      failed: calls.length - answered.length,
      latencyMs: mean(answered.map(({ latencyMs }) => latencyMs)),
      costUsd: mean(answered.map(({ costUsd }) => costUsd)),
    },
    calls,
  };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
