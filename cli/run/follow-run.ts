import { setTimeout as delay } from 'node:timers/promises';
import type { SluiceClient } from '../../client/create-client.ts';
import { toSluiceError } from '../../client/to-sluice-error.ts';
import type { RunProgress } from '../../schema/contracts/result.ts';
import { SluiceError } from '../../schema/errors.ts';

const patienceMs = 30_000;
const againMs = 500;

export interface FollowOptions {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
  /** When to stop. @default when the run is final */
  readonly until?: ((progress: RunProgress) => boolean) | undefined;
  /** The connection broke; it is tried again. */
  readonly onBreak: (reason: string) => void;
}

/**
 * Follows a run until it is final. A connection that breaks, as when the API is started again, is made anew for 30 s.
 *
 * @throws {SluiceError} what the API refuses; unavailable when it stays away
 */
export async function followRun(sluice: SluiceClient, id: string, options: FollowOptions): Promise<void> {
  let heardAt = Date.now();
  let told = false;
  for (;;) {
    const outcome = await followOnce(sluice, id, {
      ...options,
      onProgress: (progress) => {
        heardAt = Date.now();
        told = false;
        options.onProgress(progress);
      },
    });
    if (outcome === 'final' || options.signal.aborted) return;
    const error = toSluiceError(outcome, options.url);
    const passing = !(error instanceof SluiceError) || error.code === 'unavailable' || error.code === 'internal';
    if (!passing || Date.now() - heardAt > patienceMs) throw error;
    if (!told) options.onBreak(error instanceof Error ? error.message : String(error));
    told = true;
    await delay(againMs, undefined, { signal: options.signal }).catch(() => {});
  }
}

/** One subscription: `final` when the run is, else what ended it. */
function followOnce(sluice: SluiceClient, id: string, options: FollowOptions): Promise<unknown> {
  return new Promise((resolve) => {
    const end = (outcome: unknown) => {
      clearInterval(silence);
      options.signal.removeEventListener('abort', stop);
      subscription.unsubscribe();
      resolve(outcome);
    };
    const stop = () => end('stopped');
    let final = false;
    let heard = Date.now();
    // A server that went away without a word sends no pings either.
    const silence = setInterval(() => {
      if (Date.now() - heard > patienceMs / 2) end(new Error('the API fell silent'));
    }, 1_000);
    const subscription = sluice.runs.watch.subscribe(
      { id },
      {
        onData: (progress) => {
          heard = Date.now();
          options.onProgress(progress);
          final = options.until?.(progress) ?? progress.final;
          if (final) end('final');
        },
        onError: (error) => end(error),
        onComplete: () => end(final ? 'final' : new Error('the API ended the connection')),
        onConnectionStateChange: ({ state, error }) => {
          if (state === 'connecting' && error) end(error);
        },
      },
    );
    options.signal.addEventListener('abort', stop, { once: true });
  });
}
