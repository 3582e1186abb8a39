import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { deleteEndpoint } from '../../../store/webhooks/endpoints.ts';
import type { SignedContext } from '../../context.ts';

/** Ends a receiver; what it was still to be told is not sent. The same again changes nothing. @throws {SluiceError} not_found */
export async function deleteWebhook({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string };
}): Promise<{ id: string; changed: boolean }> {
  const { projectId, actor } = ctx.principal;
  const { id } = input;
  const changed = await ctx.db.transaction().execute(async (trx) => {
    const found = await deleteEndpoint(trx, { projectId, id });
    if (found === null) {
      throw new SluiceError({
        code: 'not_found',
        message: `there is no webhook "${id}"`,
        fix: 'See them with `sluice webhook list`.',
      });
    }
    if (!found.changed) return false;
    const subject = `webhook:${id}`;
    await appendAuditEvent(trx, { projectId, actor, verb: 'webhook.delete', subject, detail: {} }, ctx.auditKey);
    return true;
  });
  return { id, changed };
}
