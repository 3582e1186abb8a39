import { sql } from 'kysely';
import type { Store } from './open-database.ts';

/**
 * A read over all rows of a run. Rows of a run that has just ended are not in the planner's statistics yet; it then
 * takes them for a handful and joins them in nested loops, minutes instead of milliseconds. Hash joins are right here.
 */
export function bulkRead<Result>(db: Store, read: (trx: Store) => Promise<Result>): Promise<Result> {
  return db.transaction().execute(async (trx) => {
    await sql`set local enable_nestloop = off`.execute(trx);
    await sql`set local jit = off`.execute(trx);
    // A timeout counts as an outage and is tried again: of a large run that would be for ever.
    await sql`set local statement_timeout = '10min'`.execute(trx);
    return read(trx);
  });
}
