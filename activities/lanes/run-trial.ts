import { randomBytes } from 'node:crypto';
import pRetry from 'p-retry';
import { type Agent, type AgentAnswer, type Evaluator, errorClasses } from '../../schema/contracts/call.ts';
import { sha256, trialId } from '../../schema/ids.ts';
import type { ShardExample } from '../../store/shards/begin-shard.ts';
import type { FinishedTrial } from '../../store/trials/commit-trials.ts';
import type { EndpointLimiter } from '../limits/endpoint-limiter.ts';

export interface TrialKey {
  runId: string;
  shard: number;
  variant: string;
  repetition: number;
  example: ShardExample;
}

export interface TrialMeans {
  agent: Agent;
  limiter: EndpointLimiter;
  evaluators: { versionId: string; evaluator: Evaluator }[];
  retries: number;
  /** Ends the waiting between attempts; the call itself is let finish. */
  signal: AbortSignal;
  /** Ends the call itself, without a row: the worker must go. */
  cut?: AbortSignal;
  /** Called before every call beyond the first that reached the agent. */
  countRetriedCall(): Promise<void>;
}

/** A 429 says "later", not "no": it is asked again more often than other failures. */
const rateLimitRetries = 8;

/**
 * Calls the agent for one trial, again after failures that may pass, and scores the answer. Whatever the agent does
 * ends as a row; only an aborted wait throws.
 */
export async function runTrial(key: TrialKey, means: TrialMeans): Promise<FinishedTrial> {
  const { runId, variant, repetition, example } = key;
  const id = trialId(runId, variant, example.exampleId, repetition);
  const traceId = randomBytes(16).toString('hex');
  let attempts = 0;

  const call = async (): Promise<AgentAnswer> => {
    const release = await means.limiter.acquire(means.signal);
    try {
      if (attempts > 0) await means.countRetriedCall();
      const answer = await means.agent.call({
        input: example.input,
        example: { id: example.exampleId, metadata: example.metadata },
        context: { runId, trialId: id, variant, repetition, shadow: false },
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
        ...(means.cut ? { signal: means.cut } : {}),
      });
      if (answer.ok || errorClasses[answer.errorClass] === 'agent') attempts += 1;
      if (!answer.ok && answer.retryAfterMs) means.limiter.block(Date.now() + answer.retryAfterMs);
      return answer;
    } finally {
      release();
    }
  };

  let answer = await call();
  try {
    if (!answer.ok && answer.retryable) answer = await callAgain(answer, call, means);
  } catch (error) {
    // Given up without a row: the first call counts as one that will have been repeated.
    if (attempts > 0) await means.countRetriedCall();
    throw error;
  }

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
    inputTokens: null,
    outputTokens: null,
    costUsd: null,
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

  row.inputTokens = answer.usage?.inputTokens ?? null;
  row.outputTokens = answer.usage?.outputTokens ?? null;
  row.costUsd = answer.usage?.costUsd ?? null;
  const steps = Array.isArray(answer.steps) ? answer.steps : undefined;
  row.steps = steps?.length ?? (answer.steps as number | undefined) ?? null;
  row.trajectory = steps;
  row.output = answer.output;
  row.outputHash = sha256(JSON.stringify(answer.output));
  row.model = answer.model === undefined ? null : cleanMessage(answer.model);
  row.revision = answer.revision === undefined ? null : cleanMessage(answer.revision);
  for (const { versionId, evaluator } of means.evaluators) {
    row.scores.push(await score(versionId, evaluator, row, example));
  }
  return row;
}

/** Calls again until it succeeds, cannot pass, or was tried often enough; then the last answer stands. */
async function callAgain(
  first: AgentAnswer & { ok: false },
  call: () => Promise<AgentAnswer>,
  means: TrialMeans,
): Promise<AgentAnswer> {
  let last: AgentAnswer & { ok: false } = first;
  let others = first.errorClass === 'rate_limited' ? 0 : 1;
  if (others > means.retries) return first;
  try {
    return await pRetry(
      async () => {
        const answer = await call();
        if (answer.ok) return answer;
        last = answer;
        if (answer.errorClass !== 'rate_limited') others += 1;
        throw new Error(answer.errorClass);
      },
      {
        retries: rateLimitRetries + means.retries - 1,
        minTimeout: 100,
        maxTimeout: 5_000,
        randomize: true,
        signal: means.signal,
        shouldRetry: () => last.retryable && others <= means.retries,
      },
    );
  } catch {
    means.signal.throwIfAborted();
    return last;
  }
}

async function score(
  versionId: string,
  evaluator: Evaluator,
  { output, trajectory }: FinishedTrial,
  example: ShardExample,
) {
  const base = { evaluatorVersionId: versionId, name: evaluator.name };
  try {
    const judged = await evaluator.evaluate({
      input: example.input,
      output: output ?? null,
      expected: example.expected,
      metadata: example.metadata,
      ...(trajectory === undefined ? {} : { steps: trajectory }),
    });
    const finite = judged.score === null || Number.isFinite(judged.score);
    return {
      ...base,
      score: finite ? judged.score : null,
      label: judged.label === undefined ? null : cleanMessage(judged.label),
      explanation: judged.explanation === undefined ? null : cleanMessage(judged.explanation),
      error: finite ? null : `the score is ${judged.score}, expected a number or null`,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...base, score: null, label: null, explanation: null, error: cleanMessage(message) };
  }
}

/** First 500 characters, storable in Postgres. */
function cleanMessage(text: string): string {
  return String(text).slice(0, 500).toWellFormed().replaceAll('\u0000', '\ufffd');
}
