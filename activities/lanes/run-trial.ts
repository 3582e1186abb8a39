import { randomBytes } from 'node:crypto';
import { type Evaluator, errorClasses, type Step } from '../../schema/contracts/call.ts';
import { sha256, trialId } from '../../schema/ids.ts';
import type { ShardExample } from '../../store/shards/begin-shard.ts';
import type { FinishedTrial } from '../../store/trials/commit-trials.ts';
import { type CallMeans, callAgent } from './call-agent.ts';
import { cleanMessage } from './clean-message.ts';
import { scoreTrial } from './score-trial.ts';

export interface TrialKey {
  runId: string;
  shard: number;
  variant: string;
  repetition: number;
  example: ShardExample;
}

export interface TrialMeans extends CallMeans {
  evaluators: { versionId: string; evaluator: Evaluator }[];
}

/**
 * Calls the agent for one trial, again after failures that may pass, and scores the answer. Whatever the agent does
 * ends as a row; only an aborted wait throws.
 */
export async function runTrial(key: TrialKey, means: TrialMeans): Promise<FinishedTrial> {
  const { runId, variant, repetition, example } = key;
  const id = trialId(runId, variant, example.exampleId, repetition);
  const traceId = randomBytes(16).toString('hex');
  const { answer, attempts } = await callAgent(
    () => ({
      input: example.input,
      example: {
        id: example.exampleId,
        metadata: example.metadata,
        ...(example.clusterKey ? { clusterKey: example.clusterKey } : {}),
      },
      context: { runId, trialId: id, variant, repetition, shadow: false },
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    }),
    means,
  );

  const row: FinishedTrial = {
    runId,
    shard: key.shard,
    id,
    variant,
    exampleId: example.exampleId,
    repetition,
    ordinal: example.ordinal,
    status: answer.ok ? 'succeeded' : 'failed',
    errorClass: answer.ok ? null : answer.errorClass,
    causedBy: answer.ok ? null : errorClasses[answer.errorClass],
    errorMessage: answer.ok ? null : cleanMessage(answer.message),
    attempts,
    latencyMs: answer.latencyMs,
    // Also what failed was paid for.
    inputTokens: answer.usage?.inputTokens ?? null,
    outputTokens: answer.usage?.outputTokens ?? null,
    costUsd: answer.usage?.costUsd ?? null,
    steps: null,
    trajectory: undefined,
    cached: false,
    output: undefined,
    outputHash: null,
    model: null,
    revision: null,
    traceId,
    scores: [],
  };
  if (!answer.ok) return row;

  const steps = Array.isArray(answer.steps) ? answer.steps : undefined;
  row.steps = steps === undefined ? ((answer.steps as number | undefined) ?? null) : countSteps(steps);
  row.trajectory = steps;
  row.output = answer.output;
  row.outputHash = sha256(JSON.stringify(answer.output));
  row.model = answer.model === undefined ? null : cleanMessage(answer.model);
  row.revision = answer.revision === undefined ? null : cleanMessage(answer.revision);
  row.scores = await scoreTrial(row, example, means.evaluators);
  return row;
}

/** Those that were not kept count as well. */
function countSteps(steps: Step[]): number {
  return steps.length + (steps.at(-1)?.omitted ?? 0);
}
