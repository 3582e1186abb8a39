import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

export interface LiveRequest {
  id: string;
  state: 'open' | 'approved' | 'rejected';
  reason: string | null;
  /** The states it rests on, by what has them. */
  states: Record<string, string>;
}

/**
 * The newest request of a rollout, unless it has lapsed or expired; null else. One is open at a time, and a rejected one ends the
 * rollout, so that what stands here is about the next step, or was approved and used already.
 */
export async function findLiveRequest(
  trx: Store,
  input: { runId: string; voided: string | null },
): Promise<LiveRequest | null> {
  const row = await trx
    .selectFrom('approval_request as q')
    .innerJoin('evidence as e', 'e.id', 'q.evidence_id')
    .select(['q.id', 'q.state', 'q.reason'])
    .select(sql<Record<string, string>>`e.content -> 'states'`.as('states'))
    .where('q.run_id', '=', input.runId)
    .orderBy('q.created_at', 'desc')
    .orderBy('q.id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row || row.state === 'lapsed' || row.state === 'expired' || row.id === input.voided) return null;
  return { ...row, state: row.state };
}
