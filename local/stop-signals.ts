/** A person may press Ctrl-C twice; npm and shells may deliver one press twice. */
const samePressMs = 500;

export interface StopSignals {
  /** Fires when somebody asks to stop. */
  readonly first: AbortSignal;
  /** Fires when they ask again: by force. */
  readonly second: AbortSignal;
  readonly received: Promise<void>;
}

export interface StopSignalsOptions {
  readonly onSecond: () => void;
  /**
   * Counts the end of the parent process as a request: npm, when it is ended, ends the shell between us and does not
   * reach us.
   */
  readonly endWithParent: boolean;
}

const parentPollMs = 500;

/** Listens for Ctrl-C, SIGTERM and a closed terminal from now on, in place of their default effect. */
export function stopSignals({ onSecond, endWithParent }: StopSignalsOptions): StopSignals {
  const first = new AbortController();
  const second = new AbortController();
  let firstAt = 0;
  const received = new Promise<void>((resolve) => {
    const onSignal = () => {
      const now = Date.now();
      if (!first.signal.aborted) {
        firstAt = now;
        first.abort(new Error('stopped by the user'));
        resolve();
      } else if (now - firstAt > samePressMs && !second.signal.aborted) {
        onSecond();
        second.abort();
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    if (endWithParent) {
      const parent = process.ppid;
      const watch = setInterval(() => {
        if (process.ppid === parent) return;
        clearInterval(watch);
        onSignal();
      }, parentPollMs).unref();
    }
  });
  return { first: first.signal, second: second.signal, received };
}
