import type { ChildSpec } from './child-spec.ts';
import type { PostgresAccount } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { postgresReady } from './postgres-ready.ts';
import { removeMisleadingPidFile } from './postmaster.ts';
import { postgresUser } from './prepare-postgres.ts';
import { stopRules } from './stop-rules.ts';

export interface PostgresChildOptions {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
}

/** The URL of the embedded database. */
export function postgresUrl(port: number, password: string): string {
  return `postgres://${postgresUser}:${password}@127.0.0.1:${port}/sluice`;
}

/** For a laptop, and without giving up any durability: fsync and synchronous commit stay on. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  // Nobody replicates from here; bulk loads into new tables then need no log of their own.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
};

/** The embedded PostgreSQL as a child of the supervisor; its pid is the postmaster's. */
export function postgresChild({ folder, port, password, binaries, account }: PostgresChildOptions): ChildSpec {
  const url = postgresUrl(port, password);
  const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  return {
    name: 'postgres',
    role: 'postgres',
    ...account.launch(binaries.postgres, ['-D', folder, ...flags]),
    cwd: '/',
    env: { PGPORT: undefined, PGDATA: undefined, PGOPTIONS: undefined },
    port,
    version: binaries.version,
    stop: stopRules.postgres,
    // Recovery after a crash may have to replay up to max_wal_size.
    readyTimeoutMs: 120_000,
    isReady: () => postgresReady(url),
    beforeStart: async () => removeMisleadingPidFile(folder),
  };
}
