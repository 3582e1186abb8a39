import type { Plan, PlannedVariant } from '../../schema/contracts/plan.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import { findAgentVersion } from '../agents/find-agent-version.ts';
import type { Store } from '../open-database.ts';

/** Control and candidates of a run, with what each of them is: what an approver compares. */
export async function listVariants(
  db: Store,
  input: { projectId: string; plan: Plan | RolloutPlan },
): Promise<PlannedVariant[]> {
  const { projectId, plan } = input;
  if (plan.kind === 'experiment') return plan.variants;
  const { name } = plan.agent;
  const all = [{ name: 'control', version: plan.controlVersion }, ...plan.candidates];
  return Promise.all(
    all.map(async (one) => {
      const { config } = await findAgentVersion(db, { projectId, name, version: one.version });
      return { name: one.name, agent: { name, version: one.version }, config };
    }),
  );
}
