import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildSpec } from '../../local/child-spec.ts';
import { logFilePath, logTail } from '../../local/log-file.ts';
import { spawnChild } from '../../local/spawn-child.ts';

/** A server of the test run. */
export interface TestServer {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server, its log in `<folder>/logs`, and waits until it is ready. */
export async function startServer(spec: ChildSpec, folder: string): Promise<TestServer> {
  const child = spawnChild(spec, folder);
  const ended = once(child, 'exit');
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (!gone()) child.kill(spec.stop.signal);
    await ended;
  };
  const deadline = Date.now() + spec.readyTimeoutMs;
  while (!(await spec.isReady())) {
    if (gone() || Date.now() > deadline) {
      await stop();
      throw new Error(`${spec.name} did not start:\n${logTail(logFilePath(folder, spec.name), 10).join('\n')}`);
    }
    await delay(20);
  }
  return { pid: child.pid as number, stop };
}

/**
 * Ends the servers also when this process is killed: a shell waits for the end of its input, which comes with the end
 * of this process, however that came about.
 * @returns Unties them, for when they have been stopped in order.
 */
export function tieToThisProcess(servers: readonly TestServer[]): () => void {
  const watch = spawn('/bin/sh', ['-c', 'read -r _; kill -TERM "$@"', 'sh', ...servers.map(({ pid }) => `${pid}`)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watch.unref();
  (watch.stdin as unknown as { unref(): void }).unref();
  return () => void watch.kill('SIGKILL');
}
