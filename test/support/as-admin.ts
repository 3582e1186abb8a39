import { Client, type QueryResult } from 'pg';

/** Runs statements on the server of `url`, in its database `postgres`, so that other databases can be made and dropped. */
export async function asAdmin(url: string, ...statements: string[]): Promise<QueryResult[]> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new Client({ connectionString: admin.href });
  await client.connect();
  try {
    const results: QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  } finally {
    await client.end();
  }
}
