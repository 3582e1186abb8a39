import { sql } from 'kysely';
import type { WebhookBody } from '../../schema/contracts/webhook.ts';
import type { Store } from '../open-database.ts';
import type { EventFacts } from './queue-event.ts';

/** A message that is to be sent now. */
export interface DueDelivery {
  id: string;
  endpointId: string;
  url: string;
  secretBox: Buffer;
  body: Pick<WebhookBody, 'type' | 'timestamp'> & { data: EventFacts };
  /** Attempts before this one. */
  tries: number;
}

/** How long a sender that died keeps a message to itself. */
const claimSeconds = 60;

/**
 * Claims due messages for this sender; those about requests that have ended are put away. No row stays locked while they are sent: a
 * sender that dies leaves them to others after a minute, so a message may arrive twice, under the same id.
 */
export async function claimDeliveries(db: Store, limit: number): Promise<DueDelivery[]> {
  await sql`
    update webhook_delivery d set state = 'needless', done_at = clock_timestamp()
    from approval_request q
    where q.id = d.only_while_open and d.state = 'waiting' and d.due_at <= clock_timestamp()
      and (q.state <> 'open' or q.expires_at <= clock_timestamp())`.execute(db);
  const { rows } = await sql<DueDelivery>`
    with due as (
      select id from webhook_delivery
      where state = 'waiting' and due_at <= clock_timestamp()
      order by due_at limit ${limit} for update skip locked
    ), claimed as (
      update webhook_delivery d
      set tries = tries + 1, due_at = clock_timestamp() + make_interval(secs => ${claimSeconds})
      from due where due.id = d.id returning d.id, d.endpoint_id, d.body, d.tries - 1 as tries
    )
    select c.id, c.body, c.tries, e.id as "endpointId", e.url, e.secret_box as "secretBox"
    from claimed c join webhook_endpoint e on e.id = c.endpoint_id`.execute(db);
  return rows;
}

/** Notes that a message arrived. */
export async function noteDelivered(db: Store, id: string): Promise<void> {
  await db
    .updateTable('webhook_delivery')
    .set({ state: 'delivered', done_at: sql`clock_timestamp()`, last_error: null })
    .where('id', '=', id)
    .execute();
}

/** Notes why a message did not arrive. @param input.retryAfterMs null = it is given up */
export async function noteFailed(
  db: Store,
  input: { id: string; error: string; retryAfterMs: number | null },
): Promise<void> {
  const { id, retryAfterMs } = input;
  await db
    .updateTable('webhook_delivery')
    .set({
      last_error: input.error.slice(0, 500),
      ...(retryAfterMs === null
        ? { state: 'given_up' as const, done_at: sql<Date>`clock_timestamp()` }
        : { due_at: sql<Date>`clock_timestamp() + make_interval(secs => ${retryAfterMs / 1000})` }),
    })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .execute();
}

/** Removes messages that ended more than thirty days ago. */
export async function clearDeliveries(db: Store): Promise<void> {
  await db.deleteFrom('webhook_delivery').where('done_at', '<', sql<Date>`now() - interval '30 days'`).execute();
}
