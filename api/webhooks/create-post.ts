import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';

/** Sends one POST; anything but an answer rejects. */
export type Post = (
  url: string,
  input: { headers: Record<string, string>; body: string },
) => Promise<{ status: number }>;

/** A receiver that takes longer has not answered. */
const timeoutMs = 10_000;

/**
 * POSTs to addresses that `guard` lets pass; redirects are not followed, and of an answer only its status is read.
 * @param guard Injected from the composition root: the rules are those of agents' URLs.
 */
export function createPost(guard: {
  /** For sockets: refuses names that lead where nothing may be called. */
  lookup: LookupFunction;
  /** Why a URL may not be called; null when it may. */
  whyBlocked(url: URL): string | null;
}): { post: Post; close(): Promise<void> } {
  const agent = new Agent({
    connect: { lookup: guard.lookup, timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: 65_536,
  });
  return {
    post: async (url, { headers, body }) => {
      const blocked = guard.whyBlocked(new URL(url));
      if (blocked !== null) throw new Error(`the address may not be called: ${blocked}`);
      const answer = await request(url, {
        dispatcher: agent,
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.body.dump({ limit: 65_536 }).catch(() => {});
      return { status: answer.statusCode };
    },
    close: () => agent.destroy(),
  };
}
