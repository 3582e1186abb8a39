import { sql } from 'kysely';
import type { Store } from '../open-database.ts';
import { leaseMs } from './set-traffic.ts';

/** The split of a rollout may be used for another minute, on the database's clock. Nothing when its traffic is not the run's. */
export async function renewLease(db: Store, runId: string): Promise<void> {
  await db
    .updateTable('traffic')
    .set({ lease_until: sql<Date>`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})` })
    .where('run_id', '=', runId)
    .where('lease_until', 'is not', null)
    .execute();
}
