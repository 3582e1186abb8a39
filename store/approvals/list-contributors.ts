import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { Contributor } from '../../schema/contracts/approval.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import type { Store } from '../open-database.ts';

/**
 * Who made what a run rests on: its candidates and the datasets that these show examples of, the evaluators that the
 * spec names, and of an experiment the dataset version and the gate version. What stands in the spec itself was made by
 * whoever started the run, also where somebody else had declared the same before.
 */
export async function listContributors(
  db: Store,
  run: { project_id: string; plan: Plan | RolloutPlan; spec: Pick<ExperimentSpec, 'evaluators'> },
): Promise<Contributor[]> {
  const { project_id: projectId, plan } = run;
  if (plan.kind === 'rollout') {
    const agents = plan.candidates.map(({ version }) => ({ name: plan.agent.name, version }));
    return [...(await ofAgents(db, projectId, agents)), ...(await ofEvaluators(db, plan.evaluators))];
  }
  const candidates = plan.variants.filter(({ name }) => name !== 'control');
  const inSpec = new Set((run.spec.evaluators ?? []).flatMap((one) => ('use' in one ? [] : [one.name])));
  const evaluators = plan.evaluators.filter(({ config }) => !inSpec.has(config.name));
  return [
    ...(await ofAgents(
      db,
      projectId,
      candidates.flatMap(({ agent }) => agent ?? []),
    )),
    ...(await ofShots(
      db,
      candidates.flatMap(({ agent, config }) => (agent === null ? [config] : [])),
    )),
    ...(await ofDatasets(db, [plan.dataset.versionId])),
    ...(await ofEvaluators(db, evaluators)),
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
      .select(['v.created_by as actor', 'v.config'])
      .where('a.project_id', '=', projectId)
      .where('a.name', '=', name)
      .where('v.version', '=', version)
      .executeTakeFirst();
    if (!pushed) continue;
    const { actor, config } = pushed;
    contributors.push({ actor, did: `pushed agent ${name}@${version}` }, ...(await ofShots(db, [config])));
  }
  return contributors;
}

/** Examples in a prompt are a part of the agent. */
function ofShots(db: Store, configs: readonly AgentConfig[]): Promise<Contributor[]> {
  return ofDatasets(
    db,
    configs.flatMap((config) => (config.adapter === 'openai' ? (fewShotOf(config)?.versionId ?? []) : [])),
  );
}

function fewShotOf(config: AgentConfig & { adapter: 'openai' }): { versionId?: string } | undefined {
  return config.prompt?.fewShot;
}

async function ofDatasets(db: Store, versionIds: readonly string[]): Promise<Contributor[]> {
  if (versionIds.length === 0) return [];
  const pushed = await db
    .selectFrom('dataset_version as v')
    .innerJoin('dataset as d', 'd.id', 'v.dataset_id')
    .select(['v.created_by as actor', 'd.name', 'v.version'])
    .where('v.id', 'in', versionIds)
    .execute();
  return pushed.map(({ actor, name, version }) => ({ actor, did: `pushed dataset ${name}@${version}` }));
}

async function ofEvaluators(db: Store, evaluators: readonly { versionId: string }[]): Promise<Contributor[]> {
  if (evaluators.length === 0) return [];
  const made = await db
    .selectFrom('evaluator_version')
    .select(['created_by as actor', 'name', 'version'])
    .where(
      'id',
      'in',
      evaluators.map(({ versionId }) => versionId),
    )
    .execute();
  return made.flatMap(({ actor, name, version }) =>
    actor === null ? [] : [{ actor, did: `made evaluator ${name}@${version}` }],
  );
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
