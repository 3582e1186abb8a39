import type { Store } from '../open-database.ts';

/** The agents of a project that answered within a trace, with the units that they answered. */
export async function findUnitsOfTrace(
  db: Store,
  input: { projectId: string; traceId: string },
): Promise<{ agentId: string; unit: string }[]> {
  const rows = await db
    .selectFrom('agent_call')
    .select(['agent_id', 'unit'])
    .distinct()
    .where('trace_id', '=', input.traceId)
    .where('project_id', '=', input.projectId)
    .where('unit', 'is not', null)
    .orderBy('agent_id')
    .limit(20)
    .execute();
  return rows.map(({ agent_id, unit }) => ({ agentId: agent_id, unit: unit as string }));
}
