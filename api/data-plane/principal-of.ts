import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../store/keys/find-key.ts';
import type { LiveState } from './live-state.ts';

/** Who sends a data-plane request, from memory; null without a valid key. */
export async function principalOf(live: LiveState, { headers }: FastifyRequest): Promise<Principal | null> {
  const key = headers.authorization?.match(/^Bearer (sl_[\w-]+)$/)?.[1];
  return key ? live.principalOf(key) : null;
}
