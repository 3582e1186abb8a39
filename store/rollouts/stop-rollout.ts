import type { Store } from '../open-database.ts';
import { returnToControl } from '../traffic/return-to-control.ts';
import { queueEvent } from '../webhooks/queue-event.ts';
import { changeState } from './change-state.ts';
import { readRollout } from './read-rollout.ts';

/**
 * All units get the production version at once, and the rollout moves traffic no more. The run is locked.
 * @param why For webhooks.
 */
export async function stopRollout(trx: Store, runId: string, why: string): Promise<void> {
  const { plan, projectId, productionVersion, state, name } = await readRollout(trx, runId);
  if (state.phase === 'ended') return;
  const version = productionVersion ?? plan.controlVersion;
  const { id: agentId, name: agent } = plan.agent;
  // Who stops a rollout by hand wants no session to go on with it.
  await returnToControl(trx, { projectId, agentId, agent, version, sessions: 'kill' });
  await changeState(trx, runId, { phase: 'ended', hold: null, command: null, command_note: null });
  const sentence = `${name} is stopped, all units get version ${version}: ${why}`;
  const facts = { runId, name, agent: plan.agent.name, sentence, version };
  await queueEvent(trx, { projectId, type: 'rollout.rolled_back', facts });
}
