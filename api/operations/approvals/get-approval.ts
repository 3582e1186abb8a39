import { approvalSentence } from '../../../schema/contracts/approval.ts';
import type { ApprovalPage } from '../../../schema/contracts/approval-page.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { findRequest } from '../../../store/approvals/find-request.ts';
import { listAnswers } from '../../../store/approvals/list-answers.ts';
import { listContributors } from '../../../store/approvals/list-contributors.ts';
import { listVariants } from '../../../store/approvals/list-variants.ts';
import { readApproval } from '../../../store/approvals/read-approval.ts';
import { readEvidence } from '../../../store/approvals/read-evidence.ts';
import { whatChanged } from '../../../store/approvals/what-changed.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from '../runs/require-run.ts';
import { whyNotSign } from './why-not-sign.ts';

/** The evidence of a run's request for approval. @throws {SluiceError} conflict when nobody was asked */
export async function getApproval({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; requestId?: string | undefined };
}): Promise<ApprovalPage> {
  const run = await requireRun(ctx, input.id);
  const request = await findRequest(ctx.db, { runId: run.id, requestId: input.requestId });
  if (!request) {
    throw new SluiceError({
      code: 'conflict',
      message: `run ${run.id} is ${run.status.replace('_', ' ')} and has asked nobody for approval`,
      fix: 'Runs ask when their spec says so: `approvals: { promote: 1, ttl: 24h }`.',
    });
  }
  const projectId = run.project_id;
  const contributors = await listContributors(ctx.db, run);
  const barred = whyNotSign({
    principal: ctx.principal,
    runId: run.id,
    requestId: request.id,
    action: request.action,
    requestedBy: run.requested_by,
    contributors,
    answers: await listAnswers(ctx.db, request.id),
  });
  const frozen = await readEvidence(ctx.db, request.evidenceId);
  const approval = await readApproval(ctx.db, request);
  return {
    runId: run.id,
    name: run.name,
    status: run.status,
    sentence: approvalSentence({ ...request, name: run.name, reasons: frozen.reasons }),
    verdict: request.verdict,
    ...frozen,
    variants: await listVariants(ctx.db, { projectId, plan: run.plan }),
    requestedBy: run.requested_by,
    contributors,
    approval,
    changed: approval.state === 'open' ? await whatChanged(ctx.db, { projectId, ...run }) : null,
    mine: barred === null,
    why: barred?.message ?? null,
  };
}
