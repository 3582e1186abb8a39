import type { ApprovalAction } from '../../schema/contracts/approval.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { statisticsVersion } from '../../statistics/version.ts';
import { endRequest } from '../../store/approvals/end-request.ts';
import { openRequest } from '../../store/approvals/open-request.ts';
import type { Store } from '../../store/open-database.ts';
import { findStandingRequest } from '../../store/rollouts/find-standing-request.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { freezeMoment, statesOf } from './freeze-moment.ts';
import type { Moment } from './moment.ts';

/** How a question to persons stands. */
export type Asked =
  | { state: 'approved' }
  | { state: 'open' }
  /** Nobody says yes any more: rejected, or its time is over. */
  | { state: 'rejected' | 'expired'; reason: string };

/**
 * Asks for a step, or looks how the question stands. What was asked lapses, and is asked anew, when a state it rests on has changed
 * (a guardrail, the sample ratio); further outcomes alone change nothing. An approval is checked again here, when it is
 * used. Quorum 0 needs nobody.
 */
export async function askPersons(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { action: ApprovalAction; stage?: number; quorum: number },
): Promise<Asked> {
  if (input.quorum === 0) return { state: 'approved' };
  const { runId } = rollout;
  const standing = await findStandingRequest(trx, { runId, ...input });
  if (standing !== null) {
    if (standing.state === 'rejected') return { state: 'rejected', reason: `Rejected: ${standing.reason ?? ''}` };
    const changed = whatChanged(standing.states, statesOf(moment));
    if (changed === null) {
      if (standing.state === 'approved') return { state: 'approved' };
      if (standing.leftMs > 0) return { state: 'open' };
      const reason = `Not approved in time: the request ${standing.id} expired.`;
      await endRequest(trx, { requestId: standing.id, state: 'expired', reason });
      return { state: 'expired', reason };
    }
    if (standing.state === 'open') {
      await endRequest(trx, { requestId: standing.id, state: 'lapsed', reason: `The request lapsed: ${changed}.` });
    }
  }
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
    verdict: null,
    policy: rollout.plan as unknown as Json,
    statisticsVersion,
  });
  return { state: 'open' };
}

function whatChanged(asked: Record<string, string>, now: Record<string, string>): string | null {
  for (const [what, state] of Object.entries(now)) {
    if (asked[what] !== state) return `${what} was ${asked[what] ?? 'unknown'} when it was asked, and is ${state} now`;
  }
  return null;
}
