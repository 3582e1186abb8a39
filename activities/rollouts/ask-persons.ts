import type { ApprovalAction } from '../../schema/contracts/approval.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { statisticsVersion } from '../../statistics/version.ts';
import { endRequest, lapseRequests } from '../../store/approvals/end-request.ts';
import { openRequest } from '../../store/approvals/open-request.ts';
import type { Store } from '../../store/open-database.ts';
import { findStandingRequest } from '../../store/rollouts/find-standing-request.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { freezeMoment } from './freeze-moment.ts';
import type { Moment } from './moment.ts';

/** How a question to persons stands. */
export type Asked =
  /** `evidenceId`: what they signed; null where nobody was needed. */
  | { state: 'approved'; evidenceId: string | null }
  | { state: 'open' }
  /** Nobody says yes any more: its time is over. */
  | { state: 'expired'; reason: string };

/**
 * Asks for a step, or looks how the question stands. Whatever was asked about something else has lapsed before (act.ts), so that an
 * approval that stands here is one of the states that stand now. One that was not used within its ttl is asked for anew. Quorum 0 needs
 * nobody.
 */
export async function askPersons(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { action: ApprovalAction; stage?: number; quorum: number },
): Promise<Asked> {
  if (input.quorum === 0) return { state: 'approved', evidenceId: null };
  const { runId, state } = rollout;
  const standing = await findStandingRequest(trx, { runId, ...input });
  if (standing !== null && standing.id !== state.voided_request) {
    if (standing.state === 'approved' && standing.leftMs > 0) {
      return { state: 'approved', evidenceId: standing.evidenceId };
    }
    if (standing.state !== 'approved') {
      if (standing.state === 'open' && standing.leftMs > 0) return { state: 'open' };
      const reason = `Not approved in time: the request ${standing.id} expired.`;
      await endRequest(trx, { requestId: standing.id, state: 'expired', reason });
      return { state: 'expired', reason };
    }
    // Approved, and not used in its time, for a pause or a freeze: it is asked anew.
  }
  await lapseRequests(trx, { runId, reason: 'The request lapsed: another step was ordered.' });
  const purpose = `${input.action}${input.stage === undefined ? '' : ` ${input.stage}`} at ${moment.nowMs}`;
  const { evidenceId } = await freezeMoment(trx, rollout, moment, purpose);
  await openRequest(trx, {
    runId,
    action: input.action,
    ...(input.stage === undefined ? {} : { stage: input.stage }),
    evidenceId,
    planHash: rollout.planHash,
    quorum: input.quorum,
    ttlMs: rollout.plan.approvals.ttlMs,
    escalateTo: rollout.plan.approvals.escalateTo,
    verdict: null,
    policy: rollout.plan as unknown as Json,
    statisticsVersion,
  });
  return { state: 'open' };
}
