import { sql } from 'kysely';
import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
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
    const key = await trx
      .selectFrom('api_key')
      .select('revoked_at')
      .where('id', '=', input.id)
      .where('project_id', '=', projectId)
      .forUpdate()
      .executeTakeFirst();
    if (!key) {
      throw new SluiceError({
        code: 'not_found',
        message: `there is no key "${input.id}"`,
        fix: 'See the keys with `sluice key list`.',
      });
    }
    if (key.revoked_at) return { id: input.id, revoked: false };
    await trx.updateTable('api_key').set({ revoked_at: sql<Date>`now()` }).where('id', '=', input.id).execute();
    await appendAuditEvent(trx, { projectId, actor, verb: 'key.revoke', subject: `key:${input.id}` }, ctx.auditKey);
    return { id: input.id, revoked: true };
  });
}
