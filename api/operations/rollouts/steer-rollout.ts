import type { RunStatus } from '../../../schema/contracts/words.ts';
import { isFinal } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { changeState } from '../../../store/rollouts/change-state.ts';
import { type Rollout, readRollout } from '../../../store/rollouts/read-rollout.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from '../runs/require-run.ts';

type SteerCommand = 'advance' | 'skip' | 'extend';

/**
 * Orders a rollout to leave its stage now, past its waiting (`advance`), to leave the next stage out (`skip`), or to run its stage longer
 * (`extend`). Persons are asked all the same where the plan says so, those of a skipped stage too, and harm rolls back all the same.
 * Benefit is told by the always-valid interval from then on. It also ends a hold; exposures that were lost count as seen.
 * @throws {SluiceError} conflict or invalid_input
 */
export async function steerRollout({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; command: SteerCommand; byMs?: number | undefined; reason: string };
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
    const rollout = await readRollout(trx, run.id);
    const { state } = rollout;
    const why = isFinal(status) ? 'it is over' : whyNot(command, rollout);
    if (why !== null) {
      throw new SluiceError({
        code: 'conflict',
        message: `run ${run.id} is ${status.replace('_', ' ')} (${state.phase}) and cannot ${command}: ${why}`,
        fix: `See it with \`sluice run get ${run.id}\`.`,
      });
    }
    const seen = { hold: null, dropped_exposures: 0 };
    if (command === 'extend') {
      // The end that was planned is another one: benefit is asked for there.
      await changeState(trx, run.id, {
        ...seen,
        extended_ms: state.extended_ms + (input.byMs ?? 0),
        disturbed: true,
        goals: null,
      });
    } else {
      if (state.command === command) return { status, changed: false };
      const note = `${command} was ordered by ${actor.replace(/^\w+:/, '')}: ${reason}`;
      await changeState(trx, run.id, { ...seen, command, command_note: note });
    }
    const detail = {
      reason,
      stage: state.stage + 1,
      ...(input.byMs === undefined ? {} : { byMs: input.byMs }),
      ...(state.hold === null ? {} : { hold: state.hold }),
      ...(state.dropped_exposures === 0 ? {} : { droppedExposures: Number(state.dropped_exposures) }),
    };
    const subject = `run:${run.id}`;
    await appendAuditEvent(trx, { projectId, actor, verb: `run.${command}`, subject, detail }, ctx.auditKey);
    await addToOutbox(trx, { topic: 'signal_run', payload: { runId: run.id, kind: 'rollout' } });
    return { status, changed: true };
  });
  if (answer.changed) ctx.dispatch();
  return { id: run.id, ...answer };
}

/** Why a rollout cannot be told this where it stands; null when it can. */
function whyNot(command: SteerCommand, { state, plan }: Rollout): string | null {
  switch (state.phase) {
    case 'stage':
      return command === 'skip' && state.stage + 1 >= plan.stages.length ? 'its last stage has no next one' : null;
    case 'watch':
      return command === 'skip' ? 'nothing comes after the watch' : null;
    case 'requested':
      if (command !== 'advance') return 'no stage has begun';
      return state.hold === null ? 'its first stage begins by itself, once those who must approve have' : null;
    case 'ended':
      return 'it is over';
  }
}
