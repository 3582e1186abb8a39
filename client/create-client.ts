import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { AppRouter } from '../api/root.ts';
import { retryingFetch } from './retrying-fetch.ts';

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

export { TRPCClientError };
