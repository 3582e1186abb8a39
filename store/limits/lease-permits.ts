import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/**
 * Shares an endpoint's concurrency among workers. Each worker says, about every second, how many calls it wants in
 * flight; leases of workers that fall silent end by themselves.
 * @param input.inUse Calls in flight now: cannot be taken away.
 * @returns How many calls this worker may have in flight.
 */
export async function leasePermits(
  db: Store,
  input: { endpoint: string; worker: string; wanted: number; inUse: number; limit: number; ttlMs: number },
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await sql`insert into endpoint_limit (endpoint) values (${input.endpoint}) on conflict do nothing`.execute(trx);
    await sql`select 1 from endpoint_limit where endpoint = ${input.endpoint} for update`.execute(trx);
    await trx
      .deleteFrom('endpoint_lease')
      .where('endpoint', '=', input.endpoint)
      .where('expires_at', '<', sql<Date>`now()`)
      .execute();
    const others = await trx
      .selectFrom('endpoint_lease')
      .select('permits')
      .where('endpoint', '=', input.endpoint)
      .where('worker', '<>', input.worker)
      .execute();
    const held = others.reduce((sum, lease) => sum + lease.permits, 0);
    const starving = others.some((lease) => lease.permits === 0);
    const fair = Math.max(1, Math.floor(input.limit / (others.length + 1)));
    const free = Math.max(0, input.limit - held);
    const permits = Math.max(input.inUse, Math.min(input.wanted, free, starving ? fair : input.limit));
    if (input.wanted === 0 && input.inUse === 0) {
      await trx
        .deleteFrom('endpoint_lease')
        .where('endpoint', '=', input.endpoint)
        .where('worker', '=', input.worker)
        .execute();
      return 0;
    }
    await sql`
      insert into endpoint_lease (endpoint, worker, permits, expires_at)
      values (${input.endpoint}, ${input.worker}, ${permits}, now() + make_interval(secs => ${input.ttlMs / 1000}))
      on conflict (endpoint, worker) do update set permits = excluded.permits, expires_at = excluded.expires_at`.execute(
      trx,
    );
    return permits;
  });
}
