import { randomBytes } from 'node:crypto';
import type { WebhookEvent } from '../../../schema/contracts/webhook.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { newId } from '../../../schema/ids.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { insertEndpoint } from '../../../store/webhooks/endpoints.ts';
import type { SignedContext } from '../../context.ts';
import { createSecretBox } from '../../webhooks/secret-box.ts';

/**
 * Adds a receiver of webhooks. Its signing secret is in this answer and nowhere else in clear.
 * @throws {SluiceError} invalid_input, when the URL cannot be called
 */
export async function createWebhook({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { url: string; events?: WebhookEvent[] | undefined };
}): Promise<{ id: string; url: string; events: WebhookEvent[] | null; secret: string }> {
  const { projectId, actor } = ctx.principal;
  const url = new URL(input.url);
  if (url.username !== '' || url.password !== '') {
    throw new SluiceError({
      code: 'invalid_input',
      message: 'url: it carries a user name or a password, which would stand in lists and logs',
      fix: 'Leave them away: receivers know Sluice by the signature.',
    });
  }
  const blocked = ctx.whyUrlBlocked(url);
  if (blocked !== null) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `url: ${blocked}, and webhooks are not sent there`,
      fix: 'Name a public address; a self-hosted Sluice may allow private ones with SLUICE_ALLOW_PRIVATE_HOSTS=1.',
    });
  }
  const id = newId('whk');
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const events = input.events ?? null;
  await ctx.db.transaction().execute(async (trx) => {
    const secretBox = createSecretBox(ctx.auditKey).seal(secret, id);
    await insertEndpoint(trx, { id, projectId, url: url.href, events, secretBox, createdBy: actor });
    const detail = { host: url.host, events };
    await appendAuditEvent(
      trx,
      { projectId, actor, verb: 'webhook.create', subject: `webhook:${id}`, detail },
      ctx.auditKey,
    );
  });
  return { id, url: url.href, events, secret };
}
