import type { Json } from '../../../schema/contracts/json.ts';
import type { RunStatus } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { lapseRequests } from '../../../store/approvals/end-request.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { stopRollout } from '../../../store/rollouts/stop-rollout.ts';
import { changeStatus } from '../../../store/runs/change-status.ts';
import { findRun } from '../../../store/runs/find-run.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from './require-run.ts';

export type RunCommand = 'pause' | 'resume' | 'abort';

const statusAfter = { pause: 'paused', resume: 'running', abort: 'aborted' } as const satisfies Record<
  RunCommand,
  RunStatus
>;
const intentAfter = { pause: 'pause', resume: 'run', abort: 'abort' } as const;

/**
 * Pauses, resumes or aborts a run. Decided here, in one transaction, with every worker down too; workers stop at their
 * next row or within a second, the workflow is woken by signal. The same command again changes nothing.
 */
export async function changeRun({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; command: RunCommand; reason?: string };
}): Promise<{ id: string; status: RunStatus; changed: boolean }> {
  const { projectId, actor } = ctx.principal;
  const { kind } = await requireRun(ctx, input.id);
  const answer = await ctx.db.transaction().execute(async (trx): Promise<{ status: RunStatus; changed: boolean }> => {
    const run = await lockRun(trx, input.id);
    const wanted = statusAfter[input.command];
    if (run.status === wanted || (input.command === 'resume' && run.status === 'queued')) {
      return { status: run.status, changed: false };
    }
    const status = input.command === 'resume' && run.startedAt === null ? 'queued' : wanted;
    const allowed =
      (input.command !== 'resume' || run.status === 'paused') &&
      (input.command !== 'pause' || run.status !== 'awaiting_approval' || kind === 'rollout') &&
      (await changeStatus(trx, input.id, status, {
        intent: intentAfter[input.command],
        finished: input.command === 'abort',
      }));
    if (!allowed) {
      throw new SluiceError({
        code: 'conflict',
        message: `run ${input.id} is ${run.status} and cannot be ${{ pause: 'paused', resume: 'resumed', abort: 'aborted' }[input.command]}`,
        fix: `See it with \`sluice run get ${input.id}\`.`,
      });
    }
    if (input.command === 'abort' && kind === 'rollout')
      await stopRollout(
        trx,
        input.id,
        `aborted by ${actor.replace(/^person:/, '')}${input.reason ? `: ${input.reason}` : ''}`,
      );
    if (input.command === 'abort') await lapseRequests(trx, { runId: input.id, reason: 'The run was aborted.' });
    const detail: { [key: string]: Json } = input.reason ? { reason: input.reason } : {};
    await appendAuditEvent(
      trx,
      { projectId, actor, verb: `run.${input.command}`, subject: `run:${input.id}`, detail },
      ctx.auditKey,
    );
    await addToOutbox(trx, {
      topic: 'signal_run',
      payload: { runId: input.id, kind: kind === 'rollout' ? 'rollout' : 'experiment' },
    });
    return { status, changed: true };
  });
  if (answer.changed) ctx.dispatch();
  const now = await findRun(ctx.db, projectId, input.id);
  return { id: input.id, status: now?.status ?? answer.status, changed: answer.changed };
}
