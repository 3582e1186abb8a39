import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Effects that follow a committed row. Handlers are safe to run twice. */
export type OutboxMessage =
  | { topic: 'start_experiment'; payload: { runId: string } }
  /** `reopened`: which going on of the run it is. */
  | { topic: 'continue_experiment'; payload: { runId: string; reopened: number } }
  | { topic: 'start_scoring'; payload: { scoringId: string } }
  | { topic: 'start_rollout'; payload: { runId: string } }
  | { topic: 'preview_plan'; payload: { previewId: string } }
  | { topic: 'signal_run'; payload: { runId: string; kind: 'experiment' | 'rollout' } };

/** Writes the message with the row that causes it; wakes the dispatchers when the transaction commits. */
export async function addToOutbox(trx: Store, message: OutboxMessage): Promise<void> {
  await trx
    .insertInto('outbox')
    .values({ topic: message.topic, payload: JSON.stringify(message.payload) })
    .execute();
  await sql`select pg_notify('sluice_outbox', '')`.execute(trx);
}
