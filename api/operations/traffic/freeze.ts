import { SluiceError } from '../../../schema/errors.ts';
import { newId } from '../../../schema/ids.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { databaseTimeMs } from '../../../store/rollouts/database-time.ts';
import { endFreezeWindow, insertFreezeWindow } from '../../../store/traffic/freeze-windows.ts';
import type { SignedContext } from '../../context.ts';

/** While a project is frozen no rollout advances and nothing is promoted; harm still rolls back. @returns the window's id */
export async function freeze({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { from?: string | undefined; to?: string | undefined; reason: string };
}): Promise<{ id: string; from: string; to: string | null }> {
  const { projectId, actor } = ctx.principal;
  const from = new Date(input.from ?? (await databaseTimeMs(ctx.db)));
  const to = input.to === undefined ? null : new Date(input.to);
  if (to !== null && to <= from) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `to: the freeze ends at ${to.toISOString()}, before it begins at ${from.toISOString()}`,
      fix: 'Give an end after the beginning, or none: then it lasts until `sluice freeze end ID`.',
    });
  }
  const id = newId('frz');
  await ctx.db.transaction().execute(async (trx) => {
    await insertFreezeWindow(trx, { id, projectId, from, to, reason: input.reason, createdBy: actor });
    const detail = { reason: input.reason, from: from.toISOString(), to: to?.toISOString() ?? null };
    await appendAuditEvent(
      trx,
      { projectId, actor, verb: 'traffic.freeze', subject: `freeze:${id}`, detail },
      ctx.auditKey,
    );
  });
  return { id, from: from.toISOString(), to: to?.toISOString() ?? null };
}

/** Ends a freeze now. The same again changes nothing. */
export async function endFreeze({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; reason: string };
}): Promise<{ id: string; changed: boolean }> {
  const { projectId, actor } = ctx.principal;
  const changed = await ctx.db.transaction().execute(async (trx) => {
    const found = await endFreezeWindow(trx, { projectId, id: input.id });
    if (found === null) {
      throw new SluiceError({
        code: 'not_found',
        message: `there is no freeze "${input.id}"`,
        fix: 'See them with `sluice freeze list`.',
      });
    }
    if (!found.changed) return false;
    const subject = `freeze:${input.id}`;
    const detail = { reason: input.reason };
    await appendAuditEvent(trx, { projectId, actor, verb: 'traffic.end_freeze', subject, detail }, ctx.auditKey);
    return true;
  });
  return { id: input.id, changed };
}
