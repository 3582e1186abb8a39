import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { decideEvent } from '../../../store/outcomes/zero-tolerance-events.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from '../runs/require-run.ts';

/**
 * A person says whether an event of a metric with zero tolerance was one: confirmed ones count, and the rollout looks at once. Persons may
 * overrule judgements and one another; each time is in the audit log.
 * @throws {SluiceError} forbidden for services, not_found
 */
export async function confirmEvent({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; unit: string; metric: string; confirm: boolean; reason: string };
}): Promise<{ id: string; changed: boolean }> {
  const { projectId, actor, role } = ctx.principal;
  const { unit, metric, confirm, reason } = input;
  if (!actor.startsWith('person:') || role === 'viewer') {
    throw new SluiceError({
      code: 'forbidden',
      message: `only a person who works with the rollout says whether an event was one; this key is of ${actor}, as ${role}`,
      fix: 'Use a personal key with another role: `sluice key create --person NAME --role annotator`.',
    });
  }
  const run = await requireRun(ctx, input.id);
  const changed = await ctx.db.transaction().execute(async (trx) => {
    await lockRun(trx, run.id);
    const decided = await decideEvent(trx, {
      runId: run.id,
      unit,
      metric,
      confirm,
      by: actor,
      reason,
      onlyOpen: false,
    });
    if (decided.found === 0) {
      throw new SluiceError({
        code: 'not_found',
        message: `run ${run.id} has no event of ${metric} for the unit ${unit}`,
        fix: `See them with \`sluice run events ${run.id}\`.`,
      });
    }
    if (decided.changed === 0) return false;
    const verb = confirm ? 'run.confirm_event' : 'run.refute_event';
    const detail = { unit, metric, reason };
    await appendAuditEvent(trx, { projectId, actor, verb, subject: `run:${run.id}`, detail }, ctx.auditKey);
    await addToOutbox(trx, { topic: 'signal_run', payload: { runId: run.id, kind: 'rollout' } });
    return true;
  });
  if (changed) ctx.dispatch();
  return { id: run.id, changed };
}
