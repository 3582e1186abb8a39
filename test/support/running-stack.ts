import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { createClient, type SluiceClient } from '../../client/create-client.ts';
import { type Connection, readConnectionFile } from '../../config/connection-file.ts';
import { identityOf } from '../../local/process-identity.ts';
import { silentReporter } from '../../local/reporter.ts';
import { stopStack } from '../../local/stop-stack.ts';
import { eventually } from './eventually.ts';
import { type CliOptions, type CliResult, type RunningCli, runCli, shellEnvironment, startCli } from './run-cli.ts';

/** A real stack, as its user sees it: a data directory, commands, a client; and the database beneath. */
export interface RunningStack {
  readonly dataDir: string;
  readonly client: SluiceClient;
  readonly pool: Pool;
  /** As the connection file says now: pids change when children are replaced. */
  connection(): Connection;
  /** Runs a command against this stack to its end. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  startCli(args: readonly string[], options?: CliOptions): RunningCli;
  /** The last lines of every log, for the message of a failed test. */
  logs(lines?: number): string;
  /** Closes what this test opened. The stack goes on. */
  close(): Promise<void>;
}

export interface StackOptions {
  /** @default 1 */
  workers?: number;
  env?: Record<string, string>;
}

/** A data directory of the test's own. */
export function newDataDir(): string {
  return join(mkdtempSync(join(tmpdir(), 'sluice-e2e-')), 'data');
}

/**
 * Starts `sluice up` as a process of its own session, so that nothing sent to the test's group reaches it, and waits
 * until it is ready. @returns the supervisor's pid
 */
export async function startSupervisor(dataDir: string, options: StackOptions = {}): Promise<number> {
  const logPath = `${dataDir}-up.log`;
  const log = openSync(logPath, 'a');
  const launcher = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
  const args = ['up', '--data-dir', dataDir, '--port', '0', '--workers', String(options.workers ?? 1)];
  const child = spawn(process.execPath, [launcher, ...args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...shellEnvironment(), ...options.env },
  });
  closeSync(log);
  child.unref();
  const pid = child.pid as number;
  const ready = eventually(async () => {
    const connection = readConnectionFile(dataDir);
    return connection?.pids.supervisor === pid && (await fetch(`${connection.url}/readyz`)).ok ? true : undefined;
  }, 600_000);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`sluice up ended with code ${code}:\n${readFileSync(logPath, 'utf8')}`);
  });
  // It may end at any time later: that is what tests are about.
  ended.catch(() => {});
  await Promise.race([ready, ended]);
  return pid;
}

/** Opens a stack that runs. */
export function openStack(dataDir: string): RunningStack {
  const first = readConnectionFile(dataDir);
  if (!first) throw new Error(`no stack runs in ${dataDir}`);
  const pool = new Pool({ connectionString: first.databaseUrl, max: 3 });
  // Tests take Postgres down; the next query gets a new connection.
  pool.on('error', () => {});
  return {
    dataDir,
    client: createClient({ url: first.url, apiKey: first.apiKey }),
    pool,
    connection: () => readConnectionFile(dataDir) as Connection,
    cli: (args, options) => runCli([...args, '--data-dir', dataDir], options),
    startCli: (args, options) => startCli([...args, '--data-dir', dataDir], options),
    logs: (lines = 15) => collectLogs(dataDir, lines),
    close: () => pool.end(),
  };
}

/** Ends a stack, whatever state a test left it in, and removes its data, or says where they are kept. */
export async function endStack(dataDir: string, { keep = false } = {}): Promise<void> {
  await stopStack(dataDir, silentReporter);
  if (keep) console.log(`the data and logs of this failed test are kept in ${join(dataDir, '..')}`);
  else rmSync(join(dataDir, '..'), { recursive: true, force: true });
}

/** Waits until every process of the connection file lives, none of them is one of `gone`, and all of them answer. */
export function untilWhole(
  stack: Pick<RunningStack, 'connection' | 'pool'>,
  gone: readonly number[] = [],
): Promise<Connection> {
  return eventually(async () => {
    const connection = stack.connection();
    const { supervisor, postgres, temporal, api, worker } = connection.pids;
    const pids = [supervisor, postgres, temporal, api, ...worker].filter((pid) => pid !== null);
    if (!pids.every((pid) => identityOf(pid) && !gone.includes(pid))) return undefined;
    await stack.pool.query('select 1');
    return (await fetch(`${connection.url}/readyz`)).ok ? connection : undefined;
  }, 60_000);
}

function collectLogs(dataDir: string, lines: number): string {
  const folder = join(dataDir, 'logs');
  const files = [
    `${dataDir}-up.log`,
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  return files
    .filter((file) => existsSync(file))
    .map((file) => `--- ${file}\n${readFileSync(file, 'utf8').split('\n').slice(-lines).join('\n')}`)
    .join('\n');
}
