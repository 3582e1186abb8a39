import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, type ProcessIdentity } from './process-identity.ts';

/** The postmaster that runs on a data folder, by PostgreSQL's own pid file; undefined when none does. */
export function runningPostmaster(folder: string): ProcessIdentity | undefined {
  const pid = pidInFile(folder);
  if (pid === undefined || !worksIn(pid, folder)) return undefined;
  return identityOf(pid);
}

/**
 * Removes a pid file whose pid belongs to another program by now, which PostgreSQL would take for a living postmaster.
 * A pid file of a dead process is left to PostgreSQL: it uses it to wait for back ends that are still ending.
 */
export function removeMisleadingPidFile(folder: string): void {
  const pid = pidInFile(folder);
  if (pid === undefined || !identityOf(pid) || worksIn(pid, folder) || anyoneWorksIn(folder)) return;
  rmSync(join(folder, 'postmaster.pid'), { force: true });
}

function pidInFile(folder: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(folder, 'postmaster.pid'), 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Postmaster and back ends have their data folder as working directory. Where that cannot be seen, the answer is yes. */
function worksIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return identityOf(pid) !== undefined;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

function anyoneWorksIn(folder: string): boolean {
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && worksIn(Number(name), folder));
}
