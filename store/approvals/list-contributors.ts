import type { Contributor } from '../../schema/contracts/approval.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { Store } from '../open-database.ts';

/**
 * Who made what a run rests on: its candidates, and of an experiment the dataset version and the gate version. What
 * stands in the spec itself was made by whoever started the run; versions of evaluators do not tell who made them.
 */
export async function listContributors(
  db: Store,
  input: { projectId: string; plan: Plan | RolloutPlan },
): Promise<Contributor[]> {
  const { projectId, plan } = input;
  if (plan.kind === 'rollout') {
    const agents = plan.candidates.map(({ version }) => ({ name: plan.agent.name, version }));
    return ofAgents(db, projectId, agents);
  }
  const agents = plan.variants.flatMap(({ name, agent }) => (name === 'control' || agent === null ? [] : [agent]));
  return [
    ...(await ofAgents(db, projectId, agents)),
    ...(await ofDataset(db, plan.dataset)),
    ...(await ofGate(db, projectId, plan.gate)),
  ];
}

async function ofAgents(
  db: Store,
  projectId: string,
  agents: readonly { name: string; version: number }[],
): Promise<Contributor[]> {
  const contributors: Contributor[] = [];
  for (const { name, version } of agents) {
    const pushed = await db
      .selectFrom('agent as a')
      .innerJoin('agent_version as v', 'v.agent_id', 'a.id')
      .select('v.created_by as actor')
      .where('a.project_id', '=', projectId)
      .where('a.name', '=', name)
      .where('v.version', '=', version)
      .executeTakeFirst();
    if (pushed) contributors.push({ ...pushed, did: `pushed agent ${name}@${version}` });
  }
  return contributors;
}

async function ofDataset(db: Store, dataset: Plan['dataset']): Promise<Contributor[]> {
  const pushed = await db
    .selectFrom('dataset_version')
    .select('created_by as actor')
    .where('id', '=', dataset.versionId)
    .executeTakeFirst();
  return pushed ? [{ ...pushed, did: `pushed dataset ${dataset.name}@${dataset.version}` }] : [];
}

async function ofGate(db: Store, projectId: string, { name, version }: Plan['gate']): Promise<Contributor[]> {
  if (name === null || version === null) return [];
  const pushed = await db
    .selectFrom('gate_version')
    .select('created_by as actor')
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .where('version', '=', version)
    .executeTakeFirst();
  return pushed ? [{ ...pushed, did: `pushed gate ${name}@${version}` }] : [];
}
