import pRetry from 'p-retry';
import { addUsage } from '../../evaluators/add-usage.ts';
import {
  type Agent,
  type AgentAnswer,
  type AgentCall,
  type AgentUsage,
  errorClasses,
} from '../../schema/contracts/call.ts';
import type { EndpointLimiter } from '../limits/endpoint-limiter.ts';
import type { ProjectMedia } from '../media/media-library.ts';
import { resolveMedia } from '../media/resolve-media.ts';
import { storeMedia } from '../media/store-media.ts';

export interface CallMeans {
  agent: Agent;
  limiter: EndpointLimiter;
  /** Further calls after a failure that may pass; 429s have a number of their own. */
  retries: number;
  /** Ends the waiting between attempts; the call itself is let finish. */
  signal: AbortSignal;
  /** Ends the call itself, without an answer: the worker must go. */
  cut?: AbortSignal;
  /** Called before every call beyond the first that reached the agent. */
  countRetriedCall(): Promise<void>;
  /** Where media that the input refers to are read from, and those of the answer are stored. */
  media?: ProjectMedia;
}

export interface Called {
  /** The last one; its usage is that of all attempts, since those that failed may have been billed. */
  answer: AgentAnswer;
  /** Calls that reached out to the agent. */
  attempts: number;
}

/** A 429 says "later", not "no": it is asked again more often than other failures. */
const rateLimitRetries = 8;

/**
 * Calls an agent under the limits of its endpoint, and again after failures that may pass; the last answer stands. The
 * call holds the media that its input refers to; the answer refers to those that it brought.
 * @param makeCall Makes what is sent; asked anew for every attempt.
 * @throws the reason of `signal`, when it ends the waiting
 */
export async function callAgent(makeCall: () => Omit<AgentCall, 'signal'>, means: CallMeans): Promise<Called> {
  let attempts = 0;
  let spentBefore: AgentUsage | undefined;

  const call = async (): Promise<AgentAnswer> => {
    const wanted = makeCall();
    const release = await means.limiter.acquire(means.signal);
    try {
      // Not before: of hundreds of lanes that wait for a limit each would hold its media.
      const input = await resolveMedia(means.media, wanted.input);
      if (!input.ok) return input.answer;
      if (attempts > 0) await means.countRetriedCall();
      const answer = await means.agent.call({
        ...wanted,
        input: input.value,
        ...(means.cut ? { signal: means.cut } : {}),
      });
      if (answer.ok || errorClasses[answer.errorClass] === 'agent') attempts += 1;
      const usage = spentBefore === undefined ? answer.usage : addUsage([spentBefore, answer.usage]);
      if (!answer.ok) spentBefore = usage;
      if (!answer.ok && answer.retryAfterMs) means.limiter.block(Date.now() + answer.retryAfterMs);
      return usage === undefined || usage === answer.usage ? answer : { ...answer, usage };
    } finally {
      release();
    }
  };

  const first = await call();
  if (first.ok || !first.retryable) return { answer: await storeMedia(means.media, first), attempts };
  try {
    const answer = await callAgain(first, call, means);
    return { answer: await storeMedia(means.media, answer), attempts };
  } catch (error) {
    // Given up without a row: the first call counts as one that will have been repeated.
    if (attempts > 0) await means.countRetriedCall();
    throw error;
  }
}

/** Calls again until it succeeds, cannot pass, or was tried often enough; then the last answer stands. */
async function callAgain(
  first: AgentAnswer & { ok: false },
  call: () => Promise<AgentAnswer>,
  means: CallMeans,
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
