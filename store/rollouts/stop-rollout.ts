import type { Store } from '../open-database.ts';
import { returnToControl } from '../traffic/return-to-control.ts';
import { changeState } from './change-state.ts';
import { readRollout } from './read-rollout.ts';

/** All units get the production version at once, and the rollout moves traffic no more. The run is locked. */
export async function stopRollout(trx: Store, runId: string): Promise<void> {
  const { plan, projectId, productionVersion, state } = await readRollout(trx, runId);
  if (state.phase === 'ended') return;
  await returnToControl(trx, {
    projectId,
    agentId: plan.agent.id,
    agent: plan.agent.name,
    version: productionVersion ?? plan.controlVersion,
  });
  await changeState(trx, runId, { phase: 'ended', hold: null, command: null });
}
