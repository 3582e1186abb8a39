import { join } from 'node:path';
import { connectionFilePath, readConnectionFile } from '../config/connection-file.ts';
import type { Finding } from './finding.ts';
import { httpOk } from './http-ok.ts';
import { lockHolder } from './lock-file.ts';
import { identityOf } from './process-identity.ts';
import { lockFilePath } from './supervisor-state.ts';

/** How the stack of a data directory is: its connection file, its processes, whether it is ready. */
export async function surveyStack(dataDir: string): Promise<Finding[]> {
  const supervisor = lockHolder(lockFilePath(dataDir));
  const connection = readConnectionFile(dataDir);
  if (!connection) {
    const found = supervisor ? `a supervisor (pid ${supervisor.pid}) is starting it` : `none runs in ${dataDir}`;
    return [{ name: 'stack', state: 'note', found, fix: 'start it with `sluice up`' }];
  }
  const { pids, url } = connection;
  const processes: [string, number | null][] = [
    ['supervisor', pids.supervisor],
    ['postgres', pids.postgres],
    ['temporal', pids.temporal],
    ['api', pids.api],
    ...pids.worker.map((pid): [string, number] => ['worker', pid]),
  ];
  const dead = processes
    .filter(([, pid]) => pid !== null && !identityOf(pid))
    .map(([name, pid]) => `${name} (pid ${pid})`);
  const ready = await httpOk(`${url}/readyz`, 5_000);
  const logs = join(dataDir, 'logs');
  return [
    dead.length === 0
      ? {
          name: 'processes',
          state: 'ok',
          found: processes.map(([name, pid]) => `${name} ${pid ?? 'yours'}`).join(', '),
        }
      : {
          name: 'processes',
          state: 'note',
          found: `not alive: ${dead.join(', ')}`,
          fix: supervisor
            ? `they are being started again; logs in ${logs}`
            : '`sluice up` takes over what is left and starts the rest',
        },
    ready
      ? { name: 'stack', state: 'ok', found: `ready at ${url} (${connectionFilePath(dataDir)})` }
      : { name: 'stack', state: 'note', found: `${url}/readyz does not say 200`, fix: `read the logs in ${logs}` },
  ];
}
