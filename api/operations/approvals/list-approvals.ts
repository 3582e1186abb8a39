import { type Approval, approvalSentence } from '../../../schema/contracts/approval.ts';
import type { RunKind } from '../../../schema/contracts/words.ts';
import { listAnswers } from '../../../store/approvals/list-answers.ts';
import { listContributors } from '../../../store/approvals/list-contributors.ts';
import { listOpenRequests } from '../../../store/approvals/list-open-requests.ts';
import { readApproval } from '../../../store/approvals/read-approval.ts';
import { readEvidence } from '../../../store/approvals/read-evidence.ts';
import { findRun } from '../../../store/runs/find-run.ts';
import type { SignedContext } from '../../context.ts';
import { whyNotSign } from './why-not-sign.ts';

/** A request that waits for an answer, as its reader may or may not give one. */
export interface WaitingApproval {
  runId: string;
  kind: RunKind;
  name: string;
  sentence: string;
  requestedBy: string;
  approval: Approval;
  /** Whether who asks may answer. */
  mine: boolean;
  /** Why not. */
  why: string | null;
}

/** Open requests, those that expire first at the front; with `mine` only those that whoever asks may answer. */
export async function listApprovals({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { mine: boolean; limit: number };
}): Promise<WaitingApproval[]> {
  const { projectId } = ctx.principal;
  const waiting: WaitingApproval[] = [];
  for (const request of await listOpenRequests(ctx.db, { projectId, limit: input.limit })) {
    const { runId, name, kind, requestedBy } = request;
    const run = await findRun(ctx.db, projectId, runId);
    if (!run) continue;
    const barred = whyNotSign({
      principal: ctx.principal,
      runId,
      requestId: request.id,
      action: request.action,
      requestedBy,
      contributors: await listContributors(ctx.db, run),
      answers: await listAnswers(ctx.db, request.id),
    });
    if (barred && input.mine) continue;
    const { reasons } = await readEvidence(ctx.db, request.evidenceId);
    waiting.push({
      runId,
      kind,
      name,
      sentence: approvalSentence({ ...request, name, reasons }),
      requestedBy,
      approval: await readApproval(ctx.db, request),
      mine: barred === null,
      why: barred?.message ?? null,
    });
  }
  return waiting;
}
