import { EventSource } from 'eventsource';
import type { LeasedSplit } from '../schema/contracts/traffic.ts';
import { apiError } from './api-error.ts';
import { type HeldSplit, holdSplit, renewLease } from './lease-clock.ts';

/** Keeps an agent's split up to date. */
export interface TrafficFollower {
  /** null until the first answer. */
  held: HeldSplit | null;
  /** Resolves with the first split. @throws what the first answer refused, or the last failure after `timeoutMs` */
  ready(timeoutMs: number): Promise<void>;
  close(): void;
}

/** The server says something every 5 s; a stream that is silent for longer than this is asked beside. */
const silentMs = 12_000;
const pollMs = 5_000;
const retryMs = 1_000;
const requestTimeoutMs = 5_000;

/**
 * Follows an agent's split by server-sent events, and by polling with an ETag wherever no stream gets through.
 * @param options.onError Told of what goes wrong in the background; it goes on all the same.
 */
export function followTraffic(options: {
  url: string;
  apiKey: string;
  agent: string;
  stream: boolean;
  onError: (error: unknown) => void;
}): TrafficFollower {
  const address = `${options.url.replace(/\/$/, '')}/v1/traffic/${encodeURIComponent(options.agent)}`;
  const headers = { authorization: `Bearer ${options.apiKey}` };
  const closing = new AbortController();
  let etag: string | null = null;
  let failure: unknown = null;
  let heardAt = Number.NEGATIVE_INFINITY;
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Set<() => void>();
  const follower: TrafficFollower = { held: null, ready, close };

  const settle = (): void => {
    for (const wake of waiting) wake();
  };
  const take = (split: LeasedSplit, sentAt: number): void => {
    follower.held = holdSplit(follower.held, split, sentAt);
    failure = null;
    settle();
  };

  const poll = async (): Promise<void> => {
    const sentAt = performance.now();
    const known = follower.held;
    const response = await fetch(address, {
      headers: { ...headers, ...(etag !== null && known !== null ? { 'if-none-match': etag } : {}) },
      cache: 'no-store',
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
    if (response.status === 304 && known !== null) {
      failure = null;
      const leaseMs = response.headers.get('x-sluice-lease-ms');
      // A newer split may have come by the stream meanwhile.
      if (follower.held === known && leaseMs !== null) {
        follower.held = renewLease(known, leaseMs === 'none' ? null : Number(leaseMs), sentAt);
      }
      return;
    }
    if (!response.ok) throw await apiError(response);
    take((await response.json()) as LeasedSplit, sentAt);
    etag = response.headers.get('etag');
  };

  const openStream = (): void => {
    let requestedAt = performance.now();
    let firstSentAtMs: number | null = null;
    const opened = new EventSource(address, {
      fetch: (input, init) => {
        // Also when it connects anew: each stream has a clock of its own.
        requestedAt = performance.now();
        firstSentAtMs = null;
        return fetch(input, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
      },
    });
    source = opened;
    opened.addEventListener('message', ({ data }) => {
      heardAt = performance.now();
      const { sentAtMs, ...split } = JSON.parse(data) as LeasedSplit & { sentAtMs: number };
      firstSentAtMs ??= sentAtMs;
      take(split, requestedAt + sentAtMs - firstSentAtMs);
    });
    opened.addEventListener('ping', () => {
      heardAt = performance.now();
    });
    opened.addEventListener('error', () => {
      heardAt = Number.NEGATIVE_INFINITY;
      if (opened.readyState === EventSource.CLOSED && source === opened) source = null;
      wakeSoon(0);
    });
  };

  const watch = async (): Promise<void> => {
    if (closing.signal.aborted) return;
    const isSilent = performance.now() - heardAt > silentMs;
    let failed = false;
    if (isSilent || follower.held === null) {
      try {
        await poll();
      } catch (error) {
        if (closing.signal.aborted) return;
        failed = true;
        failure = error;
        options.onError(error);
        settle();
      }
    }
    if (!closing.signal.aborted && !failed && options.stream && source === null) openStream();
  };
  let isWatching = false;
  const wakeSoon = (ms: number): void => {
    if (isWatching || closing.signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isWatching = true;
      void watch().finally(() => {
        isWatching = false;
        wakeSoon(failure === null ? pollMs : retryMs);
      });
    }, ms);
  };
  wakeSoon(0);

  async function ready(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (follower.held === null) {
      if (isFinal(failure)) throw failure;
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw failure ?? new Error(`no split of agent ${options.agent} came within ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(late);
          waiting.delete(wake);
          resolve();
        };
        const late = setTimeout(wake, leftMs);
        waiting.add(wake);
      });
    }
  }
  function close(): void {
    closing.abort();
    clearTimeout(timer);
    source?.close();
    source = null;
  }
  return follower;
}

/** Refusals that asking again does not change. */
function isFinal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'unauthorized' || code === 'forbidden' || code === 'not_found' || code === 'invalid_input';
}
