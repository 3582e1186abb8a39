import type { Verdict } from '../../schema/contracts/words.ts';
import { setProductionVersion } from '../../store/agents/set-production-version.ts';
import type { Store } from '../../store/open-database.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { returnToControl } from '../../store/traffic/return-to-control.ts';
import { endRollout } from './end-rollout.ts';
import type { Moment } from './moment.ts';

/**
 * All units return to control, in one transaction with the decision; under watch the old version is the production version
 * again. Nothing is done when it was done before.
 */
export async function rollBack(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { verdict: Verdict; reasons: string[] },
): Promise<void> {
  const { plan, projectId, state } = rollout;
  if (state.phase === 'watch') {
    await setProductionVersion(trx, { projectId, name: plan.agent.name, version: plan.controlVersion });
  }
  const version = state.phase === 'watch' ? plan.controlVersion : (rollout.productionVersion ?? plan.controlVersion);
  await returnToControl(trx, { projectId, agentId: plan.agent.id, agent: plan.agent.name, version });
  await endRollout(trx, rollout, moment, { ...input, action: 'roll_back' });
}
