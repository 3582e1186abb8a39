import { sql, type Transaction } from 'kysely';
import type { Database } from '../../schema/tables/database.ts';
import { addToOutbox } from '../outbox/add-to-outbox.ts';

/**
 * Lets a run that ended go on: the only way out of a final status. Its result is gone until it is judged again; the
 * decision and its evidence stay. An outbox entry starts its workflow again. The run's row must be locked.
 */
export async function reopenRun(trx: Transaction<Database>, runId: string): Promise<void> {
  await trx
    .updateTable('run')
    .set({
      // One that never began waits for a worker, like a new one.
      status: sql`case when started_at is null then 'queued' else 'running' end`,
      intent: 'run',
      seq: sql`seq + 1`,
      error: 'null',
      result: 'null',
      idle_ms: sql`idle_ms + coalesce(extract(epoch from now() - finished_at) * 1000, 0)`,
      finished_at: null,
    })
    .where('id', '=', runId)
    .where('status', 'in', ['completed', 'failed'])
    .execute();
  await continueRun(trx, runId);
}

/** Has the run's workflow started once more, after the one that may still be ending. */
export async function continueRun(trx: Transaction<Database>, runId: string): Promise<void> {
  const { reopened } = await trx
    .updateTable('run')
    .set({ reopened: sql`reopened + 1` })
    .where('id', '=', runId)
    .returning('reopened')
    .executeTakeFirstOrThrow();
  await addToOutbox(trx, { topic: 'continue_experiment', payload: { runId, reopened } });
  await sql`select pg_notify('sluice_run', ${runId})`.execute(trx);
}
