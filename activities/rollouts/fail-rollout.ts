import { changeState } from '../../store/rollouts/change-state.ts';
import { readRollout } from '../../store/rollouts/read-rollout.ts';
import { lockRun } from '../../store/runs/lock-run.ts';
import { returnToControl } from '../../store/traffic/return-to-control.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { failRun } from '../fail-run.ts';

/** Ends a rollout that cannot go on, a defect as a rule: what is in production gets all units, and the run says why. */
export async function failRollout(
  dependencies: ActivityDependencies,
  input: { runId: string; message: string; fix: string },
): Promise<void> {
  await dependencies.db.transaction().execute(async (trx) => {
    await lockRun(trx, input.runId);
    const { plan, projectId, productionVersion, state } = await readRollout(trx, input.runId);
    if (state.phase === 'ended') return;
    await returnToControl(trx, {
      projectId,
      agentId: plan.agent.id,
      agent: plan.agent.name,
      version: productionVersion ?? plan.controlVersion,
    });
    await changeState(trx, input.runId, { phase: 'ended' });
  });
  await failRun(dependencies, input);
}
