import type { FinishedCall } from '../../store/outcomes/record-calls.ts';
import { isOutage } from '../outage.ts';

/** What evaluators of sampled units read of a call. */
export type CallContent = Pick<FinishedCall, 'input' | 'output' | 'controlOutput'>;

/** A call on its way into the database. */
export interface WaitingCall {
  call: Omit<FinishedCall, keyof CallContent>;
  /** Read when somebody wants it; null = nobody will. */
  content: (() => CallContent) | null;
  /** About how large that is. */
  contentBytes: number;
}

/** Writes finished calls down behind the answers. */
export interface CallRecorder {
  /** Never throws, never waits. */
  record(waiting: WaitingCall): void;
  close(): Promise<void>;
}

const flushMs = 500;
const retryMs = 500;
const batchRows = 500;
/** Of what fails although Postgres is there. */
const mostTries = 3;
/** Most that is kept in memory, for as long as Postgres is away. */
const mostWaiting = 20_000;
const mostContentBytes = 67_108_864;

/**
 * Gathers calls and stores them every 500 ms, 500 at once. What comes while 20,000 wait, or 64 MB, is lost; what is lost of a run is told to
 * `onLost`, since the calls that are missing may not be missing by chance.
 */
export function createCallRecorder(options: {
  store(calls: WaitingCall[]): Promise<void>;
  onLost(runId: string, count: number): void;
}): CallRecorder {
  let queue: WaitingCall[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;
  let closed = false;

  const lose = (calls: readonly WaitingCall[]): void => {
    for (const { call } of calls) if (call.runId !== null) options.onLost(call.runId, 1);
  };
  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.slice(0, batchRows);
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
      for (const { contentBytes } of batch) waitingBytes -= contentBytes;
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
    record(waiting) {
      const { contentBytes } = waiting;
      if (queue.length >= mostWaiting || waitingBytes + contentBytes > mostContentBytes) {
        lose([waiting]);
        return;
      }
      queue.push(waiting);
      waitingBytes += contentBytes;
      if (queue.length >= batchRows && failures === 0 && running === null) void now();
      else plan(failures === 0 ? flushMs : retryMs);
    },
    async close() {
      closed = true;
      await running;
      await now();
      if (timer !== null) clearTimeout(timer);
      lose(queue);
    },
  };
}

function isAway(error: unknown): boolean {
  return isOutage(error) || (error instanceof Error && /query read timeout/i.test(error.message));
}
