import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../schema/errors.ts';
import type { PostgresAccount } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

export interface PreparePostgresOptions {
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly password: string;
}

export const postgresUser = 'sluice';

/**
 * Creates the database cluster: UTF-8, sorted by code point whatever the machine's locale, passwords required. It is
 * made beside its place and renamed, so an interrupted creation leaves nothing that looks like a cluster.
 */
export async function createCluster(options: PreparePostgresOptions): Promise<void> {
  const { folder, binaries, account, password } = options;
  const draft = `${folder}.new`;
  const passwordFile = `${folder}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account.owner) {
    chownSync(draft, account.owner.uid, account.owner.gid);
    chownSync(passwordFile, account.owner.uid, account.owner.gid);
  }
  try {
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = [`--username=${postgresUser}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    await run(account, binaries.initdb, ['-D', draft, ...locale, ...access, '--no-instructions']);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
    rmSync(passwordFile, { force: true });
  }
}

/** Sets the password of a cluster nobody runs, for when the one that was written down got lost. */
export async function resetPassword(options: PreparePostgresOptions): Promise<void> {
  const { folder, binaries, account, password } = options;
  const statement = `ALTER ROLE ${postgresUser} PASSWORD '${password.replaceAll("'", "''")}'\n`;
  await run(account, binaries.postgres, ['--single', '-D', folder, 'postgres'], statement);
}

/**
 * True when there is a cluster that these binaries can run.
 *
 * @throws {SluiceError} when the folder holds something else, or a cluster of another major version
 */
export function clusterExists(folder: string, binaries: PostgresBinaries): boolean {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return false;
  const file = join(folder, 'PG_VERSION');
  const found = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  const expected = binaries.version.split('.')[0];
  if (found === expected) return true;
  throw new SluiceError({
    code: 'conflict',
    message: `PostgreSQL data in ${folder}: found ${found ? `data of version ${found}` : 'a folder without PG_VERSION'}, expected version ${expected}`,
    fix: `move ${folder} away to begin with an empty database, or choose another folder with --data-dir`,
  });
}

async function run(account: PostgresAccount, command: string, args: string[], input = ''): Promise<void> {
  const launch = account.launch(command, args);
  const child = spawn(launch.command, [...launch.args], { cwd: '/', uid: launch.uid, gid: launch.gid, stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const diskFull = /no space left on device/i.test(output);
  throw new SluiceError({
    code: 'unavailable',
    message: [`PostgreSQL data could not be prepared: ${command} exited with code ${code}`]
      .concat(
        output
          .trim()
          .split('\n')
          .slice(-5)
          .map((line) => `  | ${line}`),
      )
      .join('\n'),
    fix: diskFull
      ? 'the disk is full: free some space, or choose another disk with --data-dir'
      : 'run `sluice doctor`, or set DATABASE_URL to a PostgreSQL of yours',
  });
}
