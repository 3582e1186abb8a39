import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import type { Database } from '../schema/tables/database.ts';

export type Store = Kysely<Database>;

/** Postgres as one process sees it: queries through `db`, and the pool beneath for the hot path. */
export interface OpenDatabase {
  db: Store;
  pool: Pool;
  close(): Promise<void>;
}

// bigint (int8) arrives as text by default; ours are counts and ordinals far below 2^53.
types.setTypeParser(types.builtins.INT8, Number);

/**
 * Opens a pool. A lost connection is not fatal: the next query gets a new one.
 * @param options.connections Largest number of connections. @default 10
 * @param options.queryTimeoutMs How long to wait for an answer of a server that may have fallen silent. @default for ever
 */
export function openDatabase(options: {
  databaseUrl: string;
  connections?: number;
  name?: string;
  queryTimeoutMs?: number;
}): OpenDatabase {
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: options.connections ?? 10,
    connectionTimeoutMillis: 5_000,
    idle_in_transaction_session_timeout: 60_000,
    statement_timeout: 60_000,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
    keepAlive: true,
    application_name: options.name ?? 'sluice',
  });
  // Without a listener a connection's death (a Postgres restart) would end the process: of an idle one, which the pool
  // hears of, and of one that is in use, whose query hears of it as well.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return { db, pool, close: () => db.destroy() };
}
