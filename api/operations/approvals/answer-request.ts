import type { Transaction } from 'kysely';
import { type Answer, type Approval, approvalSentence } from '../../../schema/contracts/approval.ts';
import type { Json } from '../../../schema/contracts/json.ts';
import type { Action, RunStatus, Verdict } from '../../../schema/contracts/words.ts';
import { SluiceError, type SluiceErrorOptions } from '../../../schema/errors.ts';
import type { Database } from '../../../schema/tables/database.ts';
import { addAnswer } from '../../../store/approvals/add-answer.ts';
import { completeAwaiting } from '../../../store/approvals/complete-awaiting.ts';
import { endRequest } from '../../../store/approvals/end-request.ts';
import { type ApprovalRequest, findRequest } from '../../../store/approvals/find-request.ts';
import { listAnswers } from '../../../store/approvals/list-answers.ts';
import { listContributors } from '../../../store/approvals/list-contributors.ts';
import { readApproval } from '../../../store/approvals/read-approval.ts';
import { readEvidence } from '../../../store/approvals/read-evidence.ts';
import { whatChanged } from '../../../store/approvals/what-changed.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { findRun, type RunRow } from '../../../store/runs/find-run.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from '../runs/require-run.ts';
import { whyNotSign } from './why-not-sign.ts';

/** How the run and its request stand after an answer. */
export interface AnsweredRequest {
  id: string;
  /** False when the same key had given the same answer before: a request that was sent twice. */
  changed: boolean;
  status: RunStatus;
  verdict: Verdict | null;
  /** null while more persons are needed. */
  action: Action | null;
  decisionId: string | null;
  /** What was signed, in one sentence. */
  sentence: string;
  approval: Approval;
}

/**
 * Approves or rejects what a run asks for. Decided here, in one transaction: lock, checks, answer, audit, and with the
 * last approval that was needed, or the first rejection, the decision. So it works with every worker down; workflows are
 * only woken. What was asked about must still stand, or the request lapses instead.
 * @throws {SluiceError} forbidden or conflict, saying who, why, and what to do
 */
export async function answerRequest({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: {
    id: string;
    answer: Answer;
    requestId?: string | undefined;
    evidenceHash?: string | undefined;
    reason?: string | undefined;
  };
}): Promise<AnsweredRequest> {
  const run = await requireRun(ctx, input.id);
  const outcome = await ctx.db
    .transaction()
    .execute(async (trx): Promise<{ changed: boolean; refusal?: SluiceErrorOptions }> => {
      // Before anything is read: whatever comes at once comes one after the other from here on.
      await lockRun(trx, run.id);
      const request = await findRequest(trx, { runId: run.id, requestId: input.requestId });
      if (!request) throw await noRequest(trx, run, input.requestId);
      const answers = await listAnswers(trx, request.id);
      const contributors = await listContributors(trx, run);
      const { principal } = ctx;
      const same = answers.some(
        ({ keyId, answer, counts }) => counts && keyId === principal.keyId && answer === input.answer,
      );
      if (same) return { changed: false };
      const barred = whyNotSign({
        principal,
        runId: run.id,
        requestId: request.id,
        action: request.action,
        requestedBy: run.requested_by,
        contributors,
        answers,
      });
      if (barred) throw new SluiceError(barred);
      requireFresh(run, request, input.evidenceHash);
      requireOpen(
        run,
        request,
        answers.map(({ person }) => person),
      );
      // What a rollout rests on is looked at again when the approval is used: activities/rollouts/ask-persons.ts.
      const changed =
        input.answer === 'approve' && run.kind === 'experiment'
          ? await whatChanged(trx, { projectId: run.project_id, ...run })
          : null;
      if (changed !== null) {
        const reason = `The request lapsed: ${changed}`;
        await end(trx, ctx, { request, state: 'lapsed', action: 'hold', why: reason, run });
        return { changed: true, refusal: lapsed(run, reason) };
      }
      const reason = input.reason ?? null;
      await addAnswer(trx, {
        request,
        personId: principal.personId as string,
        keyId: principal.keyId,
        answer: input.answer,
        reason,
      });
      await appendAuditEvent(
        trx,
        {
          projectId: run.project_id,
          actor: principal.actor,
          verb: `run.${input.answer}`,
          subject: `run:${run.id}`,
          detail: { ...about(request), ...(reason === null ? {} : { reason }) },
        },
        ctx.auditKey,
      );
      if (input.answer === 'reject') {
        const why = `Rejected by ${principal.actor.replace(/^person:/, '')}: ${reason}`;
        await end(trx, ctx, { request, state: 'rejected', action: 'hold', why, run });
      } else {
        // A key may have been revoked since it came with the request: what counts is asked of the rows.
        const given = (await listAnswers(trx, request.id)).filter(
          ({ answer, counts }) => counts && answer === 'approve',
        );
        if (given.length >= request.quorum) {
          await end(trx, ctx, { request, state: 'approved', action: 'roll_forward', why: null, run });
        }
      }
      return { changed: true };
    });
  if (outcome.changed) ctx.dispatch();
  if (outcome.refusal) throw new SluiceError(outcome.refusal);
  return { ...(await standing(ctx, run, input.requestId)), changed: outcome.changed };
}

/** Ends the request. An experiment ends with it; the workflow of a run that goes on reads the state of the request. */
async function end(
  trx: Transaction<Database>,
  ctx: SignedContext,
  input: {
    run: RunRow;
    request: ApprovalRequest;
    state: 'approved' | 'rejected' | 'lapsed';
    action: Action;
    why: string | null;
  },
): Promise<void> {
  const { run, request, state, action, why } = input;
  await endRequest(trx, { requestId: request.id, state, reason: why });
  const decided = run.kind === 'experiment' ? await completeAwaiting(trx, { request, action, why }) : null;
  await appendAuditEvent(
    trx,
    {
      projectId: run.project_id,
      actor: ctx.principal.actor,
      verb: 'run.decide',
      subject: `run:${run.id}`,
      detail: {
        ...about(request),
        state,
        ...(decided ? { decisionId: decided.decisionId, verdict: decided.verdict, action: decided.action } : {}),
      },
    },
    ctx.auditKey,
  );
  await addToOutbox(trx, {
    topic: 'signal_run',
    payload: { runId: run.id, kind: run.kind === 'rollout' ? 'rollout' : 'experiment' },
  });
}

function about({ id, action, stage, evidenceHash, planHash }: ApprovalRequest): { [key: string]: Json } {
  return { requestId: id, action, ...(stage === null ? {} : { stage }), evidenceHash, planHash };
}

async function noRequest(trx: Transaction<Database>, run: RunRow, requestId: string | undefined): Promise<SluiceError> {
  const newest = await findRequest(trx, { runId: run.id });
  if (newest && requestId !== undefined) {
    return new SluiceError({
      code: 'not_found',
      message: `run ${run.id} has no request for approval "${requestId}"; its newest is ${newest.id}`,
      fix: `See it with \`sluice approval get ${run.id}\`.`,
    });
  }
  const fix = `See it with \`sluice run get ${run.id}\`; what waits for approval is in \`sluice approval list\`.`;
  const status = run.status.replace('_', ' ');
  return new SluiceError({ code: 'conflict', message: `run ${run.id} is ${status} and asks nobody for approval`, fix });
}

function requireFresh(run: RunRow, request: ApprovalRequest, evidenceHash: string | undefined): void {
  if (evidenceHash === undefined || evidenceHash === request.evidenceHash) return;
  throw new SluiceError({
    code: 'conflict',
    message: `the evidence of run ${run.id} is not what you looked at: you sign ${evidenceHash.slice(0, 12)}, and request ${request.id} rests on ${request.evidenceHash.slice(0, 12)}`,
    fix: `Look at it again with \`sluice approval get ${run.id}\`, then answer.`,
  });
}

function requireOpen(run: RunRow, request: ApprovalRequest, persons: string[]): void {
  const { state, id, decidedAt, reason } = request;
  if (state === 'open' && request.leftMs > 0) return;
  const fix = `See it with \`sluice run get ${run.id}\`.`;
  if (state === 'open' || state === 'expired') {
    const message = `request ${id} of run ${run.id} expired at ${request.expiresAt.toISOString()}: an answer comes too late`;
    throw new SluiceError({
      code: 'conflict',
      message,
      fix: run.kind === 'experiment' ? `Start it again, if it is still wanted: \`sluice run rerun ${run.id}\`.` : fix,
    });
  }
  if (state === 'lapsed') throw new SluiceError(lapsed(run, reason ?? 'The request lapsed.'));
  throw new SluiceError({
    code: 'conflict',
    message: `run ${run.id} is decided already: ${state} at ${decidedAt?.toISOString()} by ${persons.join(', ')}`,
    fix,
  });
}

function lapsed(run: RunRow, reason: string): SluiceErrorOptions {
  return {
    code: 'conflict',
    message: `run ${run.id} can no longer be approved: ${reason}`,
    fix:
      run.kind === 'experiment'
        ? `Measure what stands now: \`sluice run rerun ${run.id}\`.`
        : `See what it waits for now: \`sluice run get ${run.id}\`.`,
  };
}

/** As it stands after the commit. */
async function standing(
  ctx: SignedContext,
  { id, project_id: projectId }: RunRow,
  requestId: string | undefined,
): Promise<Omit<AnsweredRequest, 'changed'>> {
  const [run, request] = await Promise.all([
    findRun(ctx.db, projectId, id),
    findRequest(ctx.db, { runId: id, requestId }),
  ]);
  if (!run || !request) throw new Error(`run ${id} or its request is gone`);
  const { result } = run;
  const { reasons } = await readEvidence(ctx.db, request.evidenceId);
  const sentence = approvalSentence({ ...request, name: run.name, reasons });
  return {
    id,
    status: run.status,
    verdict: request.verdict,
    action: result?.action ?? null,
    decisionId: result?.decisionId ?? null,
    sentence,
    approval: await readApproval(ctx.db, request),
  };
}
