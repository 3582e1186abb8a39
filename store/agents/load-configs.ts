import { sql } from 'kysely';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { Store } from '../open-database.ts';

export interface VersionConfig {
  agentId: string;
  version: number;
  config: AgentConfig;
}

/** Configurations of agent versions; unknown ones are left out. */
export async function loadConfigs(
  db: Store,
  versions: readonly { agentId: string; version: number }[],
): Promise<VersionConfig[]> {
  if (versions.length === 0) return [];
  const { rows } = await sql<VersionConfig>`
    select v.agent_id as "agentId", v.version, v.config
    from unnest(${versions.map(({ agentId }) => agentId)}::text[], ${versions.map(({ version }) => version)}::int[]) as w(agent_id, version)
    join agent_version v on v.agent_id = w.agent_id and v.version = w.version`.execute(db);
  return rows;
}
