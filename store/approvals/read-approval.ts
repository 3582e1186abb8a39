import type { Approval } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';
import type { ApprovalRequest } from './find-request.ts';
import { listAnswers } from './list-answers.ts';

/** How a request stands, as results show it. One whose time is over is `expired`, also before a worker has ended it. */
export async function readApproval(db: Store, request: ApprovalRequest): Promise<Approval> {
  const given = await listAnswers(db, request.id);
  return {
    requestId: request.id,
    action: request.action,
    ...(request.stage === null ? {} : { stage: request.stage }),
    state: request.state === 'open' && request.leftMs <= 0 ? 'expired' : request.state,
    quorum: request.quorum,
    approvals: given.map(({ person, answer, reason, at, counts }) => ({
      person,
      answer,
      reason,
      at: at.toISOString(),
      ...(counts ? {} : { counts }),
    })),
    requestedAt: request.requestedAt.toISOString(),
    expiresAt: request.expiresAt.toISOString(),
    decidedAt: request.decidedAt?.toISOString() ?? null,
    evidenceHash: request.evidenceHash,
    ...(request.reason === null ? {} : { reason: request.reason }),
  };
}
