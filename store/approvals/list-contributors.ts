import type { Contributor } from '../../schema/contracts/approval.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';

/**
 * Who made the candidates, the dataset version and the gate version of a plan. What stands in the spec itself was made
 * by whoever started the run; versions of evaluators do not tell who made them.
 */
export async function listContributors(
  db: Store,
  input: { projectId: string; plan: Pick<Plan, 'variants' | 'dataset' | 'gate'> },
): Promise<Contributor[]> {
  const { projectId, plan } = input;
  const contributors: Contributor[] = [];
  for (const { name, agent } of plan.variants) {
    if (name === 'control' || agent === null) continue;
    const pushed = await db
      .selectFrom('agent as a')
      .innerJoin('agent_version as v', 'v.agent_id', 'a.id')
      .select('v.created_by as actor')
      .where('a.project_id', '=', projectId)
      .where('a.name', '=', agent.name)
      .where('v.version', '=', agent.version)
      .executeTakeFirst();
    if (pushed) contributors.push({ ...pushed, did: `pushed agent ${agent.name}@${agent.version}` });
  }
  const dataset = await db
    .selectFrom('dataset_version')
    .select('created_by as actor')
    .where('id', '=', plan.dataset.versionId)
    .executeTakeFirst();
  if (dataset) contributors.push({ ...dataset, did: `pushed dataset ${plan.dataset.name}@${plan.dataset.version}` });
  const { name, version } = plan.gate;
  if (name !== null && version !== null) {
    const gate = await db
      .selectFrom('gate_version')
      .select('created_by as actor')
      .where('project_id', '=', projectId)
      .where('name', '=', name)
      .where('version', '=', version)
      .executeTakeFirst();
    if (gate) contributors.push({ ...gate, did: `pushed gate ${name}@${version}` });
  }
  return contributors;
}
