import type { RunResult } from '../../schema/contracts/result.ts';
import type { Action, Verdict } from '../../schema/contracts/words.ts';
import { lapseRequests } from '../../store/approvals/end-request.ts';
import type { Store } from '../../store/open-database.ts';
import { changeState } from '../../store/rollouts/change-state.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { changeStatus } from '../../store/runs/change-status.ts';
import { setResult } from '../../store/runs/set-result.ts';
import { describeRollout } from './describe-rollout.ts';
import type { Moment } from './moment.ts';
import { recordRolloutDecision } from './record-decision.ts';

/**
 * Ends a rollout with a decision, in the transaction that moved the traffic. The run is locked.
 * @param input.reasons Why, for persons: the first sentence is what webhooks and lists show.
 */
export async function endRollout(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { verdict: Verdict; action: Action; reasons: string[] },
): Promise<void> {
  const { runId } = rollout;
  const decisionId = await recordRolloutDecision(trx, rollout, moment, input);
  await lapseRequests(trx, { runId, reason: 'The rollout ended.' });
  await changeState(trx, runId, { phase: 'ended', hold: null, command: null });
  await changeStatus(trx, runId, 'completed', { finished: true });
  const result: RunResult = await describeRollout(trx, runId, moment.look);
  await setResult(trx, runId, {
    ...result,
    status: 'completed',
    verdict: input.verdict,
    action: input.action,
    reasons: input.reasons,
    decisionId,
  });
}
