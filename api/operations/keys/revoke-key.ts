import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { revokeKey as revokeStoredKey } from '../../../store/keys/revoke-key.ts';
import type { SignedContext } from '../../context.ts';

/** Ends a key. From the next request on it is unknown. */
export async function revokeKey({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string };
}): Promise<{ id: string; revoked: boolean }> {
  const { projectId, actor } = ctx.principal;
  return ctx.db.transaction().execute(async (trx) => {
    const outcome = await revokeStoredKey(trx, { projectId, id: input.id });
    if (outcome === 'unknown') {
      throw new SluiceError({
        code: 'not_found',
        message: `there is no key "${input.id}"`,
        fix: 'See the keys with `sluice key list`.',
      });
    }
    if (outcome === 'was_revoked') return { id: input.id, revoked: false };
    await appendAuditEvent(trx, { projectId, actor, verb: 'key.revoke', subject: `key:${input.id}` }, ctx.auditKey);
    return { id: input.id, revoked: true };
  });
}
