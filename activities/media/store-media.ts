import type { AgentAnswer, Step } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { ProjectMedia } from './media-library.ts';
import { mediaFailure } from './resolve-media.ts';

/**
 * An answer as it is stored: images and recordings in its output and steps are attachments, and rows refer to them.
 * When they cannot be stored the trial has failed, by the platform's fault.
 */
export async function storeMedia(media: ProjectMedia | undefined, answer: AgentAnswer): Promise<AgentAnswer> {
  if (!media || !answer.ok) return answer;
  try {
    const output = await media.store(answer.output);
    if (!Array.isArray(answer.steps)) return { ...answer, output };
    return { ...answer, output, steps: (await media.store(answer.steps as unknown as Json)) as unknown as Step[] };
  } catch (error) {
    return { ...mediaFailure(error), latencyMs: answer.latencyMs, ...(answer.usage ? { usage: answer.usage } : {}) };
  }
}
