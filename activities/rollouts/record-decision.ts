import type { Json } from '../../schema/contracts/json.ts';
import type { Action, Verdict } from '../../schema/contracts/words.ts';
import { statisticsVersion } from '../../statistics/version.ts';
import type { Store } from '../../store/open-database.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { recordDecision } from '../../store/runs/record-decision.ts';
import { freezeMoment } from './freeze-moment.ts';
import type { Moment } from './moment.ts';

/**
 * Records the decision on a step: on the evidence that persons signed, else on what this look saw, frozen now.
 * @returns the decision's id
 */
export async function recordRolloutDecision(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { verdict: Verdict; action: Action; evidenceId?: string | null },
): Promise<string> {
  const { state, plan } = rollout;
  const purpose = `${input.action} from stage ${state.stage + 1} (${state.phase}, ${state.seq})`;
  const evidenceId = input.evidenceId ?? (await freezeMoment(trx, rollout, moment, purpose)).evidenceId;
  const { decisionId } = await recordDecision(trx, {
    runId: rollout.runId,
    evidenceId,
    verdict: input.verdict,
    action: input.action,
    policy: plan as unknown as Json,
    planHash: rollout.planHash,
    statisticsVersion,
  });
  return decisionId;
}
