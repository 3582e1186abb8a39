import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** For how many ms nobody may call an endpoint yet, by the database's clock; 0 when it may be called. */
export async function readBlock(db: Store, endpoint: string): Promise<number> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from blocked_until - clock_timestamp()) * 1000)::float8 as ms
    from endpoint_limit where endpoint = ${endpoint}`.execute(db);
  return Math.max(0, rows[0]?.ms ?? 0);
}
