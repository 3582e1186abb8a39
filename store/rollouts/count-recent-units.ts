import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/**
 * Units of an agent a day, over the last seven days or since the first of them: through the gateway, or exposed in a rollout, whichever is
 * more. @returns null when none came
 */
export async function countRecentUnits(db: Store, agentId: string): Promise<number | null> {
  const { rows } = await sql<{ units: number; days: number | null }>`
    select count(distinct unit)::float8 as units, extract(epoch from now() - min(at))::float8 / 86400 as days
    from agent_call where agent_id = ${agentId} and at > now() - interval '7 days' and unit is not null and not shadow
    union all
    select count(distinct e.unit)::float8, extract(epoch from now() - min(e.received_at))::float8 / 86400
    from rollout_state s join exposure e on e.run_id = s.run_id
    where s.agent_id = ${agentId} and e.received_at > now() - interval '7 days'`.execute(db);
  // A burst of one minute says little of a day: an hour is the least that is counted.
  const perDay = rows.map(({ units, days }) => (days === null ? 0 : units / Math.max(days, 1 / 24)));
  const found = Math.max(...perDay);
  return found > 0 ? found : null;
}
