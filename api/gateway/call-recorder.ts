import type { FinishedCall } from '../../store/outcomes/record-calls.ts';
import { isOutage } from '../outage.ts';

/** Writes finished calls down behind the answers. */
export interface CallRecorder {
  /** Never throws, never waits. @param contentBytes About how large its input and output are. */
  record(call: FinishedCall, contentBytes: number): void;
  close(): Promise<void>;
}

const flushMs = 250;
const retryMs = 500;
const batchRows = 500;
/** Of what fails although Postgres is there. */
const mostTries = 3;
/** Most that is kept in memory, for as long as Postgres is away. */
const mostWaiting = 20_000;
const mostContentBytes = 67_108_864;

/**
 * Gathers calls and stores them every 250 ms, 500 at once. What comes while 20,000 wait, or 64 MB, is lost; what is lost of a run is told to
 * `onLost`, since the calls that are missing may not be missing by chance.
 */
export function createCallRecorder(options: {
  store(calls: FinishedCall[]): Promise<void>;
  onLost(runId: string, count: number): void;
}): CallRecorder {
  let queue: { call: FinishedCall; contentBytes: number }[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;
  let closed = false;

  const lose = (calls: readonly FinishedCall[]): void => {
    for (const { runId } of calls) if (runId !== null) options.onLost(runId, 1);
  };
  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      const taken = queue.slice(0, batchRows);
      const batch = taken.map(({ call }) => call);
      try {
        await options.store(batch);
      } catch (error) {
        failures += 1;
        if (isAway(error) || failures < mostTries) break;
        // It would fail for ever, and hold up all behind it.
        console.error(new Date().toISOString(), `${batch.length} finished calls cannot be recorded:`, error);
        lose(batch);
      }
      queue = queue.slice(batch.length);
      for (const { contentBytes } of taken) waitingBytes -= contentBytes;
      failures = 0;
    }
    running = null;
    if (queue.length > 0 && !closed) plan(retryMs);
  };
  const now = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    running ??= flush();
    return running;
  };
  const plan = (ms: number): void => {
    if (running === null && timer === null) timer = setTimeout(() => void now(), ms);
  };

  return {
    record(call, contentBytes) {
      if (queue.length >= mostWaiting || waitingBytes + contentBytes > mostContentBytes) {
        lose([call]);
        return;
      }
      queue.push({ call, contentBytes });
      waitingBytes += contentBytes;
      if (queue.length >= batchRows && failures === 0 && running === null) void now();
      else plan(failures === 0 ? flushMs : retryMs);
    },
    async close() {
      closed = true;
      await running;
      await now();
      if (timer !== null) clearTimeout(timer);
      lose(queue.map(({ call }) => call));
    },
  };
}

function isAway(error: unknown): boolean {
  return isOutage(error) || (error instanceof Error && /query read timeout/i.test(error.message));
}
