import { sql } from 'kysely';
import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import type { Store } from '../open-database.ts';

/** An agent's traffic as it stands in the database. */
export interface AgentTraffic {
  projectId: string;
  agentId: string;
  agent: string;
  productionVersion: number;
  /** null while no rollout ever moved its traffic. */
  split: TrafficSplit | null;
  /** What is left of the lease by the database's clock, in ms, at most 0 when it is over; null = no lease is needed. */
  leaseMs: number | null;
  /** Tells one lease from its renewal. */
  leaseUntil: string | null;
}

/** The traffic of all agents that have a production version. */
export async function loadTraffic(db: Store): Promise<AgentTraffic[]> {
  const { rows } = await sql<AgentTraffic>`
    select a.project_id as "projectId", a.id as "agentId", a.name as agent, a.production_version as "productionVersion",
      t.split, t.lease_until::text as "leaseUntil",
      (extract(epoch from t.lease_until - clock_timestamp()) * 1000)::float8 as "leaseMs"
    from agent a left join traffic t on t.agent_id = a.id
    where a.production_version is not null`.execute(db);
  return rows;
}
