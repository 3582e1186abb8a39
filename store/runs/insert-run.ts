import type { Plan } from '../../schema/contracts/plan.ts';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import type { Store } from '../open-database.ts';

/** Adds a queued run. @returns False when the idempotency key is taken. */
export async function insertRun(
  db: Store,
  run: {
    id: string;
    projectId: string;
    name: string;
    /** @default experiment */
    kind?: 'experiment' | 'rollout';
    spec: ExperimentSpec | RolloutSpec;
    specHash: string;
    plan: Plan | RolloutPlan;
    planHash: string;
    idempotencyKey: string | null;
    requestedBy: string;
    /** The run whose spec it took. */
    rerunOf?: string | null;
  },
): Promise<boolean> {
  const inserted = await db
    .insertInto('run')
    .values({
      id: run.id,
      project_id: run.projectId,
      kind: run.kind ?? 'experiment',
      name: run.name,
      status: 'queued',
      spec: JSON.stringify(run.spec),
      spec_hash: run.specHash,
      plan: JSON.stringify(run.plan),
      plan_hash: run.planHash,
      idempotency_key: run.idempotencyKey,
      requested_by: run.requestedBy,
      rerun_of: run.rerunOf ?? null,
      error: 'null',
      result: 'null',
    })
    .onConflict((conflict) => conflict.columns(['project_id', 'idempotency_key']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}
