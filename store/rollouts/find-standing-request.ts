import { sql } from 'kysely';
import type { ApprovalAction, ApprovalState } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';

export interface StandingRequest {
  id: string;
  state: Exclude<ApprovalState, 'lapsed' | 'expired'>;
  reason: string | null;
  evidenceId: string;
  /** On database time; not above 0 when its time is over. */
  leftMs: number;
}

/** The newest request of a rollout for one step that is open, approved or rejected; null when it is to be asked (again). */
export async function findStandingRequest(
  trx: Store,
  input: { runId: string; action: ApprovalAction; stage?: number },
): Promise<StandingRequest | null> {
  const row = await trx
    .selectFrom('approval_request as q')
    .select(['q.id', 'q.state', 'q.reason', 'q.evidence_id as evidenceId'])
    .select(sql<number>`extract(epoch from q.expires_at - clock_timestamp())::float8 * 1000`.as('leftMs'))
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
