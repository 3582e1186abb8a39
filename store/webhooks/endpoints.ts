import { sql } from 'kysely';
import type { WebhookEndpoint, WebhookEvent } from '../../schema/contracts/webhook.ts';
import type { Store } from '../open-database.ts';

/** Adds an endpoint. @param input.secretBox Its secret, encrypted. */
export async function insertEndpoint(
  trx: Store,
  input: {
    id: string;
    projectId: string;
    url: string;
    events: WebhookEvent[] | null;
    secretBox: Buffer;
    createdBy: string;
  },
): Promise<void> {
  await trx
    .insertInto('webhook_endpoint')
    .values({
      id: input.id,
      project_id: input.projectId,
      url: input.url,
      events: input.events,
      secret_box: input.secretBox,
      created_by: input.createdBy,
    })
    .execute();
}

/** The endpoints of a project that are not deleted, the oldest first; never their secrets. */
export async function listEndpoints(db: Store, projectId: string): Promise<WebhookEndpoint[]> {
  const rows = await db
    .selectFrom('webhook_endpoint as e')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('webhook_delivery as d')
          .select(['d.event', 'd.state', 'd.tries', 'd.last_error'])
          .whereRef('d.endpoint_id', '=', 'e.id')
          .where((of) => of.or([of('d.tries', '>', 0), of('d.state', '<>', 'waiting')]))
          .orderBy('d.created_at', 'desc')
          .limit(1)
          .as('last'),
      (join) => join.onTrue(),
    )
    .select(['e.id', 'e.url', 'e.events', 'e.created_by', 'e.created_at'])
    .select(['last.event', 'last.state', 'last.tries', 'last.last_error'])
    .where('e.project_id', '=', projectId)
    .where('e.deleted_at', 'is', null)
    .orderBy('e.created_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    url: row.url,
    events: row.events as WebhookEvent[] | null,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    lastDelivery:
      row.event === null || row.state === null
        ? null
        : { event: row.event, state: row.state, tries: row.tries ?? 0, error: row.last_error },
  }));
}

/** Deletes an endpoint; what it was still to be told is given up. @returns null when there is none; `changed` false the second time */
export async function deleteEndpoint(
  trx: Store,
  input: { projectId: string; id: string },
): Promise<{ changed: boolean } | null> {
  const known = await trx
    .selectFrom('webhook_endpoint')
    .select('deleted_at')
    .where('project_id', '=', input.projectId)
    .where('id', '=', input.id)
    .forUpdate()
    .executeTakeFirst();
  if (!known) return null;
  if (known.deleted_at !== null) return { changed: false };
  await trx.updateTable('webhook_endpoint').set({ deleted_at: sql`now()` }).where('id', '=', input.id).execute();
  await trx
    .updateTable('webhook_delivery')
    .set({ state: 'needless', done_at: sql`now()` })
    .where('endpoint_id', '=', input.id)
    .where('state', '=', 'waiting')
    .execute();
  return { changed: true };
}
