import type { Transaction } from 'kysely';
import type { RunStatus } from '../../schema/contracts/words.ts';
import type { Database } from '../../schema/tables/database.ts';

/** Where a run stands, with its row locked until the transaction ends. */
export async function lockRun(
  trx: Transaction<Database>,
  runId: string,
): Promise<{ status: RunStatus; startedAt: Date | null }> {
  return trx
    .selectFrom('run')
    .select(['status', 'started_at as startedAt'])
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}
