import type { AgentAnswer } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { ProjectMedia } from './media-library.ts';

/**
 * What a call is to hold: `value` with its media in it. When one of them cannot be had, the answer that the trial ends
 * with: nobody was called, and it is not the agent's fault.
 */
export async function resolveMedia(
  media: ProjectMedia | undefined,
  value: Json,
): Promise<{ ok: true; value: Json } | { ok: false; answer: AgentAnswer & { ok: false } }> {
  try {
    return { ok: true, value: media ? await media.resolve(value) : value };
  } catch (error) {
    return { ok: false, answer: mediaFailure(error) };
  }
}

/** @throws what is no error for a user: an outage that outlasted every try. */
export function mediaFailure(error: unknown): AgentAnswer & { ok: false } {
  if (!(error instanceof SluiceError) || error.code === 'unavailable') throw error;
  const { message, fix } = error;
  return {
    ok: false,
    errorClass: 'not_configured',
    message: fix ? `${message}. ${fix}` : message,
    retryable: false,
    latencyMs: 0,
  };
}
