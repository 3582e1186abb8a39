import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process and when it started: a pid alone may belong to somebody else by tomorrow. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. Clock ticks since boot on Linux, `ps` start time elsewhere. */
  readonly startedAt: string;
}

/** The identity of a living process, or undefined when there is none (a zombie is not living). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return identityFromPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const startedAt = fields[19];
    return state === 'Z' || state === 'X' || startedAt === undefined ? undefined : { pid, startedAt };
  } catch {
    return undefined;
  }
}

function identityFromPs(pid: number): ProcessIdentity | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state, ...startedAt] = line.split(/\s+/);
    return !state || state.startsWith('Z') ? undefined : { pid, startedAt: startedAt.join(' ') };
  } catch {
    return undefined;
  }
}

/** True while this very process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/** Sends a signal to this very process (with `group`, to the processes it started as well); false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals, group = false): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(group ? -identity.pid : identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}
