import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readConnectionFile } from '../../config/connection-file.ts';
import { SluiceError } from '../../schema/errors.ts';

/**
 * Runs `use` while a stack runs on `dataDir`: the one that is there already, else one that `sluice up` starts for the
 * time being and that is stopped afterwards, however this process ends.
 *
 * @param launcher path of `bin/sluice.js`
 */
export async function withLocalStack<Result>(
  { dataDir, launcher }: { dataDir: string; launcher: string },
  use: () => Promise<Result>,
): Promise<Result> {
  const connection = readConnectionFile(dataDir);
  if (connection && (await answers(connection.url))) return use();
  const stop = await start(dataDir, launcher);
  try {
    return await use();
  } finally {
    await stop();
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}

async function start(dataDir: string, launcher: string): Promise<() => Promise<void>> {
  // In a process group of its own: Ctrl-C reaches the demo, which ends it in order.
  const child = spawn(process.execPath, [launcher, 'up', '--json', '--port', '0', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  // Without a listener a signal ends this process with no `exit` event, and the stack would be left.
  const interrupted = () => process.exit(130);
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const ended = once(child, 'exit');
  const ready = await Promise.race([
    once(createInterface(child.stdout), 'line').then(() => true),
    ended.then(() => false),
  ]);
  if (!ready) {
    process.off('exit', end);
    throw new SluiceError({
      code: 'unavailable',
      message: `the stack on ${dataDir} could not be started; the reason stands above`,
      fix: '`sluice doctor` says what is missing and how to get it.',
    });
  }
  return async () => {
    process.off('exit', end);
    end();
    await ended;
  };
}
