import type { Role } from '../../../schema/contracts/words.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { createKey } from '../../../store/keys/create-key.ts';
import type { SignedContext } from '../../context.ts';

/** Makes a key; its secret is in this answer and nowhere else. */
export async function makeKey({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { person?: string; service?: string; role: Role };
}): Promise<{ id: string; apiKey: string }> {
  const { projectId, actor } = ctx.principal;
  return ctx.db.transaction().execute(async (trx) => {
    const key = await createKey(trx, { projectId, ...input });
    const detail = { role: input.role, owner: input.person ? `person:${input.person}` : `service:${input.service}` };
    await appendAuditEvent(
      trx,
      { projectId, actor, verb: 'key.create', subject: `key:${key.id}`, detail },
      ctx.auditKey,
    );
    return key;
  });
}
