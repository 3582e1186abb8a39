import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { Store } from '../open-database.ts';

/** Plans never change once a run was accepted: the newest are remembered. */
const known = new Map<string, RolloutPlan>();
const most = 1_000;

/** The plan of a rollout. The run must be a rollout. */
export async function planOfRun(db: Store, runId: string): Promise<RolloutPlan> {
  const found = known.get(runId);
  if (found) return found;
  const { plan } = await db.selectFrom('run').select('plan').where('id', '=', runId).executeTakeFirstOrThrow();
  if (known.size >= most) known.clear();
  known.set(runId, plan as unknown as RolloutPlan);
  return plan as unknown as RolloutPlan;
}
