import type { Client } from 'pg';

/**
 * True when PostgreSQL answers a query. Creates the database of the URL if the server has none of that name, which is
 * so once, after the cluster was created.
 */
export async function postgresReady(databaseUrl: string): Promise<boolean> {
  try {
    await query(databaseUrl, 'select 1');
    return true;
  } catch (error) {
    // 3D000: the database does not exist.
    if ((error as { code?: string }).code !== '3D000') return false;
  }
  const url = new URL(databaseUrl);
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = '/postgres';
  try {
    await query(url.href, `create database "${name.replaceAll('"', '""')}"`);
    return true;
  } catch {
    return false;
  }
}

/** Why the database of this URL does not answer a query; undefined when it does. The text never holds the password. */
export async function postgresProblem(databaseUrl: string): Promise<string | undefined> {
  try {
    await query(databaseUrl, 'select 1');
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return message || code || String(error);
  }
}

async function query(connectionString: string, text: string): Promise<void> {
  const pg = await import('pg');
  const client: Client = new pg.default.Client({
    connectionString,
    connectionTimeoutMillis: 2_000,
    query_timeout: 10_000,
  });
  // A server that goes away between two messages is no reason to end the supervisor.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(text);
  } finally {
    void client.end().catch(() => {});
  }
}
