import type { ExposuresAnswer } from '../schema/contracts/traffic.ts';
import { SluiceError } from '../schema/errors.ts';
import { apiError } from './api-error.ts';

/** Exposures on their way to the API. */
export interface ExposureQueue {
  /** The same unit of the same revision again costs nothing. */
  add(unit: string, revision: number, variant: string): void;
  /** How many were given up because there was no room, or because the API refused them. */
  readonly dropped: number;
  /** Sends what waits. @throws when the API does not take it */
  flush(): Promise<void>;
  /** Sends what waits, for at most `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

interface Exposure {
  unit: string;
  revision: number;
  variant: string;
  at: number;
}

const batchRows = 2_000;
/** How many units are remembered as sent; twice as many at most. */
const mostRecent = 50_000;
const requestTimeoutMs = 10_000;

/** Sends exposures behind the decisions, every `flushEveryMs`; at most `limit` wait, and what comes beyond is counted and reported. */
export function createExposureQueue(options: {
  url: string;
  apiKey: string;
  agent: string;
  limit: number;
  flushEveryMs: number;
  onError: (error: unknown) => void;
}): ExposureQueue {
  const { agent, limit } = options;
  const address = `${options.url.replace(/\/$/, '')}/v1/exposures`;
  let queue: Exposure[] = [];
  let recent = new Set<string>();
  let recentBefore = new Set<string>();
  let recentRevision = -1;
  /** By revision, until the API knows of them. */
  const unreported = new Map<number, number>();
  let dropped = 0;
  let running: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  const lose = (revision: number, count: number): void => {
    dropped += count;
    unreported.set(revision, (unreported.get(revision) ?? 0) + count);
  };
  const send = async (some: Exposure[], timeoutMs: number): Promise<void> => {
    const reported = [...unreported].map(([revision, count]) => ({ agent, revision, count }));
    const response = await fetch(address, {
      method: 'POST',
      headers: { authorization: `Bearer ${options.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        exposures: some.map((exposure) => ({ agent, ...exposure })),
        ...(reported.length > 0 ? { dropped: reported } : {}),
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw await apiError(response);
    for (const { revision, count } of reported) {
      const left = (unreported.get(revision) ?? 0) - count;
      if (left > 0) unreported.set(revision, left);
      else unreported.delete(revision);
    }
    const { rejected } = (await response.json()) as ExposuresAnswer;
    if (rejected.length === 0) return;
    dropped += rejected.length;
    options.onError(
      new SluiceError({
        code: 'invalid_input',
        message: `${rejected.length} exposures of agent ${agent} were rejected: ${rejected[0]?.reason}`,
      }),
    );
  };
  const sendAll = async (timeoutMs: number): Promise<void> => {
    while (queue.length > 0 || unreported.size > 0) {
      const some = queue.slice(0, batchRows);
      try {
        await send(some, timeoutMs);
      } catch (error) {
        if (!(error instanceof SluiceError) || !['invalid_input', 'too_large'].includes(error.code)) throw error;
        // It would be refused for ever, and hold up all behind it.
        for (const { revision } of some) lose(revision, 1);
        options.onError(error);
      }
      queue = queue.slice(some.length);
    }
  };
  const flush = (timeoutMs = requestTimeoutMs): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    running ??= sendAll(timeoutMs)
      .then(() => {
        failures = 0;
      })
      .catch((error) => {
        failures += 1;
        throw error;
      })
      .finally(() => {
        running = null;
        if (!closed && queue.length > 0) plan();
      });
    return running;
  };
  const plan = (): void => {
    if (timer !== undefined || running !== null || closed) return;
    const waitMs = Math.min(30_000, options.flushEveryMs * 2 ** failures);
    timer = setTimeout(() => void flush().catch(options.onError), waitMs);
  };

  return {
    get dropped() {
      return dropped;
    },
    add(unit, revision, variant) {
      if (revision !== recentRevision) {
        recent = new Set();
        recentBefore = new Set();
        recentRevision = revision;
      }
      if (recent.has(unit) || recentBefore.has(unit)) return;
      if (queue.length >= limit) {
        // The unit may be recorded at its next call; the rollout is held until a person has looked.
        lose(revision, 1);
        plan();
        return;
      }
      if (recent.size >= mostRecent) {
        recentBefore = recent;
        recent = new Set();
      }
      recent.add(unit);
      queue.push({ unit, revision, variant, at: Date.now() });
      plan();
    },
    flush: () => flush(),
    async close(timeoutMs) {
      closed = true;
      clearTimeout(timer);
      const end = performance.now() + timeoutMs;
      let failure: unknown = null;
      await running?.catch(() => {});
      do {
        try {
          await flush(Math.max(1, end - performance.now()));
          return;
        } catch (error) {
          failure = error;
          await new Promise((resolve) => setTimeout(resolve, Math.min(200, Math.max(0, end - performance.now()))));
        }
      } while (performance.now() < end);
      for (const { revision } of queue.splice(0)) lose(revision, 1);
      options.onError(failure);
    },
  };
}
