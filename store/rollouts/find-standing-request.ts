import { sql } from 'kysely';
import type { ApprovalAction, ApprovalState } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';

export interface StandingRequest {
  id: string;
  state: Exclude<ApprovalState, 'lapsed' | 'expired'>;
  reason: string | null;
  /** On database time; not above 0 when its time is over. */
  leftMs: number;
  /** The states it rests on, by what has them. */
  states: Record<string, string>;
}

/** The newest request of a rollout for one step that is open, approved or rejected; null when it is to be asked (again). */
export async function findStandingRequest(
  trx: Store,
  input: { runId: string; action: ApprovalAction; stage?: number },
): Promise<StandingRequest | null> {
  const row = await trx
    .selectFrom('approval_request as q')
    .innerJoin('evidence as e', 'e.id', 'q.evidence_id')
    .select(['q.id', 'q.state', 'q.reason'])
    .select(sql<number>`extract(epoch from q.expires_at - clock_timestamp())::float8 * 1000`.as('leftMs'))
    .select(sql<Record<string, string>>`e.content -> 'states'`.as('states'))
    .where('q.run_id', '=', input.runId)
    .where('q.action', '=', input.action)
    .where(sql`coalesce(q.stage, 0)`, '=', input.stage ?? 0)
    .orderBy('q.created_at', 'desc')
    .orderBy('q.id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row || row.state === 'lapsed' || row.state === 'expired') return null;
  return { ...row, state: row.state };
}
