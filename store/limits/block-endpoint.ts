import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Tells all workers that nobody may call an endpoint for `forMs`; a longer block stands. */
export async function blockEndpoint(db: Store, input: { endpoint: string; forMs: number }): Promise<void> {
  await sql`
    insert into endpoint_limit (endpoint, blocked_until)
    values (${input.endpoint}, clock_timestamp() + make_interval(secs => ${input.forMs / 1_000}))
    on conflict (endpoint) do update
    set blocked_until = greatest(endpoint_limit.blocked_until, excluded.blocked_until)`.execute(db);
}
