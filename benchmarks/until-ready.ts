import type { ChildProcess } from 'node:child_process';

/** Resolves when a `sluice up` says that it is ready; rejects when it ends before. Its stdout must be piped. */
export function untilReady(up: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    up.once('exit', (code) => reject(new Error(`sluice up ended with ${code}`)));
    up.stdout?.on('data', (chunk) => String(chunk).includes('Sluice is ready') && resolve());
  });
}
