import type { ClientOptions } from './create-client.ts';

/** `fetch` that tries refused connections and 503 again, with growing distance, for `retryForMs`. */
export function retryingFetch(retryForMs: number, onRetry: ClientOptions['onRetry']) {
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
