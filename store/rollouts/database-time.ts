import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** The database's time in ms since 1970. */
export async function databaseTimeMs(db: Store): Promise<number> {
  const { rows } = await sql<{ ms: number }>`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`.execute(
    db,
  );
  return rows[0]?.ms ?? 0;
}
