import type { ServerResponse } from 'node:http';

/** Aborts when the user goes away before the answer has ended. `end` lets go of the response. */
export function userGone(response: ServerResponse): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const onClose = () => controller.abort(new Error('the user went away'));
  response.on('close', onClose);
  if (response.destroyed) onClose();
  return { signal: controller.signal, end: () => response.off('close', onClose) };
}
