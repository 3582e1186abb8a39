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
 * @param input.promoted The candidate that is in production now.
 */
export async function endRollout(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: {
    verdict: Verdict;
    action: Action;
    reasons: string[];
    promoted?: string | null;
    evidenceId?: string | null;
    rollbackMs?: number | null;
  },
): Promise<void> {
  const { runId, plan } = rollout;
  const decisionId = await recordRolloutDecision(trx, rollout, moment, input);
  await lapseRequests(trx, { runId, reason: 'The rollout ended.' });
  await changeState(trx, runId, {
    phase: 'ended',
    hold: null,
    command: null,
    command_note: null,
    rollback_ms: input.rollbackMs ?? null,
  });
  // Harm ends a paused rollout too, which is running again for that.
  if (rollout.status === 'paused' || rollout.status === 'queued') await changeStatus(trx, runId, 'running');
  if (!(await changeStatus(trx, runId, 'completed', { finished: true }))) {
    throw new Error(`run ${runId} is locked, ${rollout.status} and cannot end`);
  }
  const result: RunResult = await describeRollout(trx, runId, moment.look);
  const promoted = input.promoted ?? rollout.state.promoted;
  const verdictOf = (name: string): Verdict => {
    if (input.action === 'roll_forward') return name === promoted ? input.verdict : 'inconclusive';
    const isBreached = moment.look.guardrails.some((one) => one.candidate === name && one.state === 'breached');
    return isBreached || plan.candidates.length === 1 ? input.verdict : 'inconclusive';
  };
  await setResult(trx, runId, {
    ...result,
    status: 'completed',
    verdict: input.verdict,
    action: input.action,
    verdicts: Object.fromEntries(plan.candidates.map(({ name }) => [name, verdictOf(name)])),
    reasons: input.reasons,
    decisionId,
  });
}
