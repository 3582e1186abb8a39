import type { Selectable } from 'kysely';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { RunStatus } from '../../schema/contracts/words.ts';
import type { RolloutStateTable } from '../../schema/tables/database.ts';
import type { Store } from '../open-database.ts';

export interface Rollout {
  runId: string;
  projectId: string;
  name: string;
  status: RunStatus;
  spec: RolloutSpec;
  plan: RolloutPlan;
  planHash: string;
  state: Selectable<RolloutStateTable>;
  /** The agent's production version now. */
  productionVersion: number | null;
}

/** A rollout, where it stands, and what is in production. The run must be a rollout. */
export async function readRollout(db: Store, runId: string): Promise<Rollout> {
  const run = await db
    .selectFrom('run')
    .select(['id', 'project_id', 'name', 'status', 'spec', 'plan', 'plan_hash'])
    .where('id', '=', runId)
    .where('kind', '=', 'rollout')
    .executeTakeFirstOrThrow();
  const state = await db.selectFrom('rollout_state').selectAll().where('run_id', '=', runId).executeTakeFirstOrThrow();
  const agent = await db
    .selectFrom('agent')
    .select('production_version')
    .where('id', '=', state.agent_id)
    .executeTakeFirstOrThrow();
  return {
    runId: run.id,
    projectId: run.project_id,
    name: run.name,
    status: run.status,
    // The row types are those of experiments, which most readers of a run want; its kind says that it is a rollout.
    spec: run.spec as unknown as RolloutSpec,
    plan: run.plan as unknown as RolloutPlan,
    planHash: run.plan_hash,
    state,
    productionVersion: agent.production_version,
  };
}
