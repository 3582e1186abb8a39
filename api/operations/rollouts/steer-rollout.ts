import type { RunStatus } from '../../../schema/contracts/words.ts';
import { isFinal } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { changeState } from '../../../store/rollouts/change-state.ts';
import { readRollout } from '../../../store/rollouts/read-rollout.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from '../runs/require-run.ts';

/**
 * Orders a rollout to leave its stage now, past its waiting (`advance`), to leave the next stage out (`skip`), or to run its stage longer
 * (`extend`). Persons are asked all the same where the plan says so, and harm rolls back all the same. Benefit is told by the
 * always-valid interval from then on.
 * @throws {SluiceError} conflict or invalid_input
 */
export async function steerRollout({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; command: 'advance' | 'skip' | 'extend'; byMs?: number | undefined; reason: string };
}): Promise<{ id: string; status: RunStatus; changed: boolean }> {
  const { projectId, actor } = ctx.principal;
  const { command, reason } = input;
  const run = await requireRun(ctx, input.id);
  if (run.kind !== 'rollout') {
    throw new SluiceError({
      code: 'invalid_input',
      message: `run ${run.id} is of kind ${run.kind}; only a rollout can be told to ${command}`,
      fix: 'See rollouts with `sluice run list`.',
    });
  }
  if ((command === 'extend') !== (input.byMs !== undefined)) {
    throw new SluiceError({
      code: 'invalid_input',
      message: command === 'extend' ? 'extend needs a time' : `${command} takes no time`,
      fix: 'Give the time with extend only: `sluice run extend ID --by 2h --reason TEXT`.',
    });
  }
  const answer = await ctx.db.transaction().execute(async (trx) => {
    const { status } = await lockRun(trx, run.id);
    const { state } = await readRollout(trx, run.id);
    if (isFinal(status) || state.phase !== 'stage') {
      throw new SluiceError({
        code: 'conflict',
        message: `run ${run.id} is ${status} (${state.phase}) and cannot ${command}`,
        fix: `See it with \`sluice run get ${run.id}\`.`,
      });
    }
    if (command === 'extend') {
      await changeState(trx, run.id, {
        extended_ms: state.extended_ms + (input.byMs ?? 0),
        disturbed: true,
        hold: null,
      });
    } else {
      if (state.command === command) return { status, changed: false };
      await changeState(trx, run.id, { command, hold: null });
    }
    const detail = { reason, stage: state.stage + 1, ...(input.byMs === undefined ? {} : { byMs: input.byMs }) };
    const subject = `run:${run.id}`;
    await appendAuditEvent(trx, { projectId, actor, verb: `run.${command}`, subject, detail }, ctx.auditKey);
    await addToOutbox(trx, { topic: 'signal_run', payload: { runId: run.id, kind: 'rollout' } });
    return { status, changed: true };
  });
  if (answer.changed) ctx.dispatch();
  return { id: run.id, ...answer };
}
