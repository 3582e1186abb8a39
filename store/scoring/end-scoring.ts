import { sql } from 'kysely';
import type { AttachedResult } from '../../schema/contracts/scoring.ts';
import type { Store } from '../open-database.ts';

/**
 * Ends a scoring, with what it measured or with why it could not. One that has ended stays as it is.
 * @returns False when it had ended before.
 */
export async function endScoring(
  db: Store,
  scoringId: string,
  end: { result: AttachedResult } | { error: { message: string; fix?: string } },
): Promise<boolean> {
  const ended = await db
    .updateTable('scoring')
    .set({
      status: 'result' in end ? 'completed' : 'failed',
      finished_at: sql<Date>`now()`,
      ...('result' in end ? { result: JSON.stringify(end.result) } : { error: JSON.stringify(end.error) }),
    })
    .where('id', '=', scoringId)
    .where('status', 'in', ['waiting', 'running'])
    .returning('id')
    .executeTakeFirst();
  return ended !== undefined;
}
