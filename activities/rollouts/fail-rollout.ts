import { lapseRequests } from '../../store/approvals/end-request.ts';
import { stopRollout } from '../../store/rollouts/stop-rollout.ts';
import { lockRun } from '../../store/runs/lock-run.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { failRun } from '../fail-run.ts';

/** Ends a rollout that cannot go on, a defect as a rule: what is in production gets all units, and the run says why. */
export async function failRollout(
  dependencies: ActivityDependencies,
  input: { runId: string; message: string; fix: string },
): Promise<void> {
  await dependencies.db.transaction().execute(async (trx) => {
    await lockRun(trx, input.runId);
    await stopRollout(trx, input.runId, `it could not go on: ${input.message}`);
    await lapseRequests(trx, { runId: input.runId, reason: 'The rollout failed.' });
  });
  await failRun(dependencies, input);
}
