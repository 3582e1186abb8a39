import pRetry from 'p-retry';

/** Repeats `commit` while Postgres is away; gives up at once when it is there and refuses. */
export function untilStored<T>(commit: () => Promise<T>): Promise<T> {
  return pRetry(commit, {
    retries: 1_000,
    minTimeout: 50,
    maxTimeout: 1_000,
    factor: 1.5,
    maxRetryTime: 600_000,
    shouldRetry: ({ error }) => mayPass(error),
  });
}

/** Lost connections, restarts, deadlocks, too many connections, full disks: SQLSTATE classes 08, 40, 53, 55, 57, 58. */
export function mayPass(error: unknown): boolean {
  // A row that cannot even be written as JSON will not be any smaller the next time.
  if (error instanceof RangeError) return false;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || /^(08|25006|40|53|55|57|58)/.test(code);
}
