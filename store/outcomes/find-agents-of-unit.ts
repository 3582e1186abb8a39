import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** The only agent of a project, else those whose rollouts drew the unit. */
export async function findAgentsOfUnit(
  db: Store,
  input: { projectId: string; unit: string },
): Promise<{ agentId: string; name: string }[]> {
  const all = await db
    .selectFrom('agent')
    .select(['id as agentId', 'name'])
    .where('project_id', '=', input.projectId)
    .limit(2)
    .execute();
  if (all.length === 1) return all;
  const { rows } = await sql<{ agentId: string; name: string }>`
    select distinct a.id as "agentId", a.name from agent a join rollout_state s on s.agent_id = a.id
    where a.project_id = ${input.projectId}
      and exists (select from stratum t join exposure e on e.run_id = t.run_id
        where t.run_id = s.run_id and e.draw in (0, t.stage) and e.unit = ${input.unit})
    order by a.name`.execute(db);
  return rows;
}
