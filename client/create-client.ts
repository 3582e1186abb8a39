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
  const send = retryingFetch(options.retryForMs ?? 30_000);
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
function retryingFetch(retryForMs: number) {
  return async (input: string | URL | Request, init?: unknown): Promise<Response> => {
    const end = Date.now() + retryForMs;
    for (let waitMs = 100; ; waitMs = Math.min(2_000, waitMs * 2)) {
      let failure: unknown;
      try {
        const response = await fetch(input, init as RequestInit);
        if (response.status !== 503 || Date.now() + waitMs > end) return response;
      } catch (error) {
        if ((init as RequestInit | undefined)?.signal?.aborted) throw error;
        failure = error;
      }
      if (failure !== undefined && Date.now() + waitMs > end) throw failure;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
}

export { TRPCClientError };
