import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/**
 * Takes up to `wanted` starts from the endpoint's bucket, which fills at `perSecond` and holds a fifth of a second's
 * worth (at least one). Database time, so that workers with other clocks share one bucket.
 * @returns Starts granted, and after how many ms the next one will be there.
 */
export async function takeTokens(
  db: Store,
  input: { endpoint: string; wanted: number; perSecond: number },
): Promise<{ granted: number; waitMs: number }> {
  const burst = Math.max(1, input.perSecond / 5);
  const { rows } = await sql<{ before: number; granted: number }>`
    with ensured as (
      insert into endpoint_limit (endpoint, tokens) values (${input.endpoint}, ${burst}::float8)
      on conflict (endpoint) do nothing
    ), filled as materialized (
      select endpoint, at, least(${burst}::float8,
        tokens + extract(epoch from at - refilled_at) * ${input.perSecond}::float8) as tokens
      from (
        -- Read once the row is ours, and once only: time between two looks at the clock would be lost to the bucket.
        select endpoint, tokens, refilled_at, greatest(refilled_at, clock_timestamp()) as at
        from endpoint_limit where endpoint = ${input.endpoint} for update
      ) as locked
    )
    update endpoint_limit l
    set tokens = filled.tokens - least(floor(filled.tokens), ${input.wanted}::float8), refilled_at = filled.at
    from filled where l.endpoint = filled.endpoint
    returning filled.tokens as before, least(floor(filled.tokens), ${input.wanted}::float8) as granted`.execute(db);
  const row = rows[0];
  // The very first call of an endpoint makes the row, which its own statement cannot see.
  if (!row) return { granted: 0, waitMs: 1 };
  return { granted: row.granted, waitMs: row.granted > 0 ? 0 : ((1 - (row.before % 1)) / input.perSecond) * 1000 };
}
