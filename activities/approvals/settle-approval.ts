import { completeAwaiting } from '../../store/approvals/complete-awaiting.ts';
import { endRequest } from '../../store/approvals/end-request.ts';
import type { ApprovalRequest } from '../../store/approvals/find-request.ts';
import { findRequest } from '../../store/approvals/find-request.ts';
import { listAnswers } from '../../store/approvals/list-answers.ts';
import { whatChanged } from '../../store/approvals/what-changed.ts';
import type { Store } from '../../store/open-database.ts';
import { lockRun } from '../../store/runs/lock-run.ts';
import type { ActivityDependencies } from '../dependencies.ts';

export interface SettleOutput {
  /** Until the request expires, on database time; null when the run waits for nobody any more. */
  waitMs: number | null;
}

/** A timer of the workflow may ring a moment before the database says that time is over. */
const shortestWaitMs = 50;

/**
 * Looks how a run's request for approval stands. One whose time is over, or whose ground has changed, ends here with
 * `hold`; approve and reject are decided by the API, and this finds the run over then. Row locks let one of them win.
 */
export async function settleApproval(
  { db }: ActivityDependencies,
  { runId }: { runId: string },
): Promise<SettleOutput> {
  return db.transaction().execute(async (trx) => {
    const { status } = await lockRun(trx, runId);
    if (status !== 'awaiting_approval') return { waitMs: null };
    const request = await findRequest(trx, { runId });
    if (!request) throw new Error(`run ${runId} waits for approval, and nobody was asked`);
    const end = await whyOver(trx, request);
    if (end === null) return { waitMs: Math.max(shortestWaitMs, Math.ceil(request.leftMs)) };
    await endRequest(trx, { requestId: request.id, ...end });
    await completeAwaiting(trx, { request, action: 'hold', why: end.reason });
    return { waitMs: null };
  });
}

async function whyOver(
  trx: Store,
  request: ApprovalRequest,
): Promise<{ state: 'expired' | 'lapsed'; reason: string } | null> {
  if (request.leftMs <= 0) {
    const given = (await listAnswers(trx, request.id)).filter(({ answer, counts }) => counts && answer === 'approve');
    const time = request.expiresAt.toISOString();
    return {
      state: 'expired',
      reason: `Not approved in time: ${given.length} of ${request.quorum} approvals by ${time}.`,
    };
  }
  const { project_id: projectId, ...run } = await trx
    .selectFrom('run')
    .select(['project_id', 'spec', 'plan'])
    .where('id', '=', request.runId)
    .executeTakeFirstOrThrow();
  const changed = await whatChanged(trx, { projectId, ...run });
  return changed === null ? null : { state: 'lapsed', reason: `The request lapsed: ${changed}` };
}
