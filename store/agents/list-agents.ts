import type { Store } from '../open-database.ts';

export interface AgentInfo {
  name: string;
  latestVersion: number;
  productionVersion: number | null;
  createdAt: string;
}

/** The project's agents by name. */
export async function listAgents(db: Store, projectId: string): Promise<AgentInfo[]> {
  const rows = await db
    .selectFrom('agent as a')
    .innerJoin('agent_version as v', 'v.agent_id', 'a.id')
    .select((eb) => ['a.name', 'a.production_version', 'a.created_at', eb.fn.max<number>('v.version').as('latest')])
    .where('a.project_id', '=', projectId)
    .groupBy(['a.name', 'a.production_version', 'a.created_at'])
    .orderBy('a.name')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    latestVersion: row.latest,
    productionVersion: row.production_version,
    createdAt: row.created_at.toISOString(),
  }));
}
