import type { Verdict } from '../../schema/contracts/words.ts';
import { setProductionVersion } from '../../store/agents/set-production-version.ts';
import type { Store } from '../../store/open-database.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { returnToControl } from '../../store/traffic/return-to-control.ts';
import { endRollout } from './end-rollout.ts';
import type { Moment } from './moment.ts';
import { tell } from './tell.ts';

/**
 * All units return to control, in one transaction with the decision; under watch the old version is the production version
 * again, unless somebody has put another one there since. Nothing is done when it was done before.
 */
export async function rollBack(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { verdict: Verdict; reasons: string[] },
): Promise<void> {
  const { plan, projectId, state } = rollout;
  const { id: agentId, name: agent } = plan.agent;
  const promoted = plan.candidates.find(({ name }) => name === state.promoted)?.version;
  const undo = state.phase === 'watch' && rollout.productionVersion === promoted;
  const version = undo ? plan.controlVersion : (rollout.productionVersion ?? plan.controlVersion);
  // The agent's row before its traffic, as everywhere.
  const { previous } = undo ? await setProductionVersion(trx, { projectId, name: agent, version }) : { previous: null };
  // Somebody set another one after this look read it: that one stays, as the next look sees.
  if (undo && previous !== promoted) {
    throw new Error(`run ${rollout.runId} looks again: version ${previous} came into production meanwhile`);
  }
  await returnToControl(trx, { projectId, agentId, agent, version });
  const rollbackMs = timeToRollback(moment);
  await endRollout(trx, rollout, moment, { ...input, action: 'roll_back', rollbackMs });
  await tell(trx, rollout, 'rollout.rolled_back', `${rollout.name} is rolled back: ${input.reasons[0] ?? ''}`, {
    version,
    ...(rollbackMs === null ? {} : { rollbackMs }),
  });
}

/**
 * From the arrival of the last value of a breached guardrail to the change of traffic, in ms; null where no guardrail is breached. Arrivals are
 * noted at most once in ten seconds, so that it may be too large by that, never too small.
 */
function timeToRollback({ look, evidence, loadedAtMs }: Moment): number | null {
  const breached = look.guardrails.filter(({ state }) => state === 'breached');
  const ages = breached.flatMap(({ metric }) => evidence.sinceLastValueMs[metric] ?? []);
  if (ages.length === 0) return null;
  return Math.round(Math.max(0, Math.min(...ages)) + performance.now() - loadedAtMs);
}
