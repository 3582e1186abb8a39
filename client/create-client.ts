import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { AppRouter } from '../api/root.ts';

export interface ClientOptions {
  /** Where the API is, e.g. `http://127.0.0.1:4400`. */
  url: string;
  /** `sl_…` */
  apiKey: string;
  /** How long refused connections and 503 are tried again, in ms. @default 30000 */
  retryForMs?: number;
  /** Told before each new attempt: why, and how long it has been tried, in ms. */
  onRetry?: (attempt: { reason: string; sinceMs: number }) => void;
}

/**
 * The typed API: every procedure of the server, with its types.
 * @example
 * const sluice = createClient({ url, apiKey });
 * const { id } = await sluice.runs.start.mutate({ spec });
 */
export function createClient(options: ClientOptions) {
  const headers = { authorization: `Bearer ${options.apiKey}` };
  const url = `${options.url.replace(/\/$/, '')}/trpc`;
  const send = retryingFetch(options.retryForMs ?? 30_000, options.onRetry);
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: () => ({
            fetch: (input: string | URL, init: RequestInit) =>
              fetch(input, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } }),
          }),
        }),
        false: httpBatchLink({ url, headers, fetch: send, maxItems: 10 }),
      }),
    ],
  });
}

export type SluiceClient = ReturnType<typeof createClient>;

/** `fetch` that tries refused connections and 503 again, with growing distance, for `retryForMs`. */
function retryingFetch(retryForMs: number, onRetry: ClientOptions['onRetry']) {
  return async (input: string | URL | Request, init?: unknown): Promise<Response> => {
    const start = Date.now();
    const end = start + retryForMs;
    for (let waitMs = 100; ; waitMs = Math.min(2_000, waitMs * 2)) {
      let failure: unknown;
      try {
        const response = await fetch(input, init as RequestInit);
        if (response.status !== 503 || Date.now() + waitMs > end) return response;
      } catch (error) {
        if ((init as RequestInit | undefined)?.signal?.aborted || isUnknownHost(error)) throw error;
        failure = error;
      }
      if (failure !== undefined && Date.now() + waitMs > end) throw failure;
      onRetry?.({
        reason: failure === undefined ? '503, not ready' : 'it cannot be reached',
        sinceMs: Date.now() - start,
      });
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
}

/** A misspelt host stays unknown. */
function isUnknownHost(error: unknown): boolean {
  return ((error as Error).cause as { code?: string } | undefined)?.code === 'ENOTFOUND';
}

export { TRPCClientError };
