import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError } from '../schema/errors.ts';
import { findExecutable } from './find-executable.ts';

/** As whom PostgreSQL runs, and how a command becomes one that does. */
export interface PostgresAccount {
  /** Undefined = the user who runs this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Rewrites a command so that it runs as that user, keeping its pid. */
  readonly launch: (command: string, args: readonly string[]) => Launch;
}

interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

export interface PostgresAccountOptions {
  /** The data folder of PostgreSQL; its parent exists. */
  readonly folder: string;
  readonly postgres: string;
  readonly searchPath: readonly string[];
}

/**
 * PostgreSQL refuses to run as root. So root lends it the user `postgres` if there is one, else `nobody`; no user is
 * created. Where that user may not pass through to the data or to the binaries (a home folder, a private temporary
 * one), the process alone gets the right to pass (`CAP_DAC_OVERRIDE`), by `setpriv`, which replaces itself so that
 * the pid stays the postmaster's.
 *
 * @throws {SluiceError} when neither works, saying what would
 */
export function postgresAccount({ folder, postgres, searchPath }: PostgresAccountOptions): PostgresAccount {
  const self = process.getuid?.();
  const existing = statSync(folder, { throwIfNoEntry: false });
  if (self === undefined || self !== 0) {
    if (self !== undefined && existing && existing.uid !== self) {
      throw new SluiceError({
        code: 'unavailable',
        message: `PostgreSQL data in ${folder}: belongs to user id ${existing.uid}, expected ${self} (the user running this)`,
        fix: 'run as the user who created it, or choose another folder with --data-dir',
      });
    }
    return { owner: undefined, launch: (command, args) => ({ command, args }) };
  }

  const owner = existing && existing.uid !== 0 ? { uid: existing.uid, gid: existing.gid } : lentUser();
  const asOwner = (command: string, args: readonly string[]): Launch => ({ command, args, ...owner });
  if (works(asOwner, postgres, folder)) return { owner, launch: asOwner };

  const setpriv = findExecutable('setpriv', searchPath);
  if (setpriv) {
    const withPassage = (command: string, args: readonly string[]): Launch => ({
      command: setpriv,
      args: [
        ...[`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'],
        ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override', command, ...args],
      ],
    });
    if (works(withPassage, postgres, folder)) return { owner, launch: withPassage };
  }
  throw new SluiceError({
    code: 'unavailable',
    message: `PostgreSQL cannot run as root, and user id ${owner.uid} may not pass through to ${dirname(folder)} or ${postgres}`,
    fix: 'run as a user other than root, choose a --data-dir that others may pass through, or set DATABASE_URL',
  });
}

/** The same two questions PostgreSQL will ask: may it be executed, may it enter the folder its data is in? */
function works(launch: PostgresAccount['launch'], postgres: string, folder: string): boolean {
  return [launch(postgres, ['--version']), launch('/bin/sh', ['-c', 'cd "$0"', dirname(folder)])].every(
    ({ command, args, uid, gid }) =>
      spawnSync(command, [...args], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0,
  );
}

function lentUser(): { uid: number; gid: number } {
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]),
  );
  return users.get('postgres') ?? users.get('nobody') ?? { uid: 65_534, gid: 65_534 };
}
