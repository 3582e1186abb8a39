import { setTimeout as delay } from 'node:timers/promises';

/** The first value that is not undefined; fails with the last error after `timeoutMs`. */
export async function eventually<T>(
  read: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let problem: unknown = new Error(`nothing within ${timeoutMs} ms`);
  while (Date.now() < deadline) {
    try {
      const value = await read();
      if (value !== undefined) return value;
    } catch (error) {
      problem = error;
    }
    await delay(20);
  }
  throw problem;
}
