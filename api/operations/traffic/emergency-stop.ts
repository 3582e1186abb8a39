import { newId } from '../../../schema/ids.ts';
import { lapseRequests } from '../../../store/approvals/end-request.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { databaseTimeMs } from '../../../store/rollouts/database-time.ts';
import { listMovingRollouts } from '../../../store/rollouts/list-moving-rollouts.ts';
import { stopRollout } from '../../../store/rollouts/stop-rollout.ts';
import { changeStatus } from '../../../store/runs/change-status.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import { insertFreezeWindow } from '../../../store/traffic/freeze-windows.ts';
import type { SignedContext } from '../../context.ts';

/**
 * Stops the line, in one transaction: every rollout of the project ends, all units get the production versions, and the project is frozen until
 * somebody ends the freeze. Works with every worker down.
 */
export async function emergencyStop({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { reason: string };
}): Promise<{ stopped: string[]; freezeId: string }> {
  const { projectId, actor } = ctx.principal;
  const freezeId = newId('frz');
  const stopped = await ctx.db.transaction().execute(async (trx) => {
    await insertFreezeWindow(trx, {
      id: freezeId,
      projectId,
      // Looks go by the database's clock: one of this process that is ahead would leave a gap.
      from: new Date(await databaseTimeMs(trx)),
      to: null,
      reason: `emergency stop: ${input.reason}`,
      createdBy: actor,
    });
    const runs = await listMovingRollouts(trx, projectId);
    for (const runId of runs) {
      await lockRun(trx, runId);
      const message = `emergency stop by ${actor.replace(/^person:/, '')}: ${input.reason}`;
      await stopRollout(trx, runId, message);
      await lapseRequests(trx, { runId, reason: 'The project was stopped.' });
      await changeStatus(trx, runId, 'aborted', { intent: 'abort', finished: true, error: { message } });
      await addToOutbox(trx, { topic: 'signal_run', payload: { runId, kind: 'rollout' } });
    }
    const detail = { reason: input.reason, stopped: runs, freezeId };
    const subject = `project:${projectId}`;
    await appendAuditEvent(trx, { projectId, actor, verb: 'traffic.emergency_stop', subject, detail }, ctx.auditKey);
    return runs;
  });
  ctx.dispatch();
  return { stopped, freezeId };
}
