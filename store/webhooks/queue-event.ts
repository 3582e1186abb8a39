import { sql } from 'kysely';
import type { WebhookBody, WebhookEvent } from '../../schema/contracts/webhook.ts';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/** The facts of an event; the links are written when it is sent. */
export type EventFacts = Omit<WebhookBody['data'], 'url' | 'approve' | 'reject' | 'commands'>;

/**
 * Writes what webhooks are to tell, one message for each endpoint that wants it, in the transaction that makes it so.
 * @param input.onlyWhileOpen A request for approval: once it has ended the message is needless.
 * @param input.afterMs Not before this long from now.
 */
export async function queueEvent(
  trx: Store,
  input: { projectId: string; type: WebhookEvent; facts: EventFacts; onlyWhileOpen?: string; afterMs?: number },
): Promise<void> {
  const endpoints = await trx
    .selectFrom('webhook_endpoint')
    .select('id')
    .where('project_id', '=', input.projectId)
    .where('deleted_at', 'is', null)
    .where((eb) => eb.or([eb('events', 'is', null), sql<boolean>`${input.type} = any(events)`]))
    .orderBy('id')
    .execute();
  if (endpoints.length === 0) return;
  const body = JSON.stringify({ type: input.type, timestamp: new Date().toISOString(), data: input.facts });
  const dueAt = sql<Date>`clock_timestamp() + make_interval(secs => ${(input.afterMs ?? 0) / 1000})`;
  await trx
    .insertInto('webhook_delivery')
    .values(
      endpoints.map(({ id }) => ({
        id: newId('msg'),
        endpoint_id: id,
        event: input.type,
        body,
        only_while_open: input.onlyWhileOpen ?? null,
        due_at: dueAt,
      })),
    )
    .execute();
  await sql`select pg_notify('sluice_outbox', '')`.execute(trx);
}
