import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** Who holds a lock, and a few words the next one may want to know. */
export interface LockHolder extends ProcessIdentity {
  readonly details: Readonly<Record<string, string>>;
}

export type LockResult = { readonly release: () => void } | { readonly holder: LockHolder };

/** The living holder of a lock, or undefined when nobody holds it. */
export function lockHolder(path: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as LockHolder;
    return isAlive(holder) ? holder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes a lock that lives as long as this process: one whose holder died (also by `kill -9`) is free again.
 * Returns at once, with the holder when somebody else has it.
 */
export async function takeLock(path: string, details: Record<string, string> = {}): Promise<LockResult> {
  const self: LockHolder = { ...(identityOf(process.pid) ?? { pid: process.pid, startedAt: '' }), details };
  const candidate = `${path}.${process.pid}`;
  for (;;) {
    writeFileSync(candidate, JSON.stringify(self), { mode: 0o600 });
    try {
      // A link appears whole and in one step, or fails because there is one: no moment with an empty lock file.
      linkSync(candidate, path);
      return { release: () => releaseLock(path, self) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(candidate, { force: true });
    }
    const holder = lockHolder(path);
    if (holder) return { holder };
    await removeStale(path);
  }
}

function releaseLock(path: string, self: ProcessIdentity): void {
  const holder = lockHolder(path);
  if (holder?.pid === self.pid && holder.startedAt === self.startedAt) rmSync(path, { force: true });
}

/** Two processes may find the same stale lock; only one may remove it, or it could remove the other's fresh one. */
async function removeStale(path: string): Promise<void> {
  const guard = `${path}.stale`;
  try {
    mkdirSync(guard);
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > 5_000) rmdirSync(guard);
    } catch {
      // Gone meanwhile: whoever had it is done.
    }
    await delay(20);
    return;
  }
  try {
    if (!lockHolder(path)) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}
