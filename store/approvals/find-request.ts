import { sql } from 'kysely';
import type { ApprovalAction, ApprovalState } from '../../schema/contracts/approval.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Verdict } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';

/** A request for approval as it was asked, and how it stands. */
export interface ApprovalRequest {
  id: string;
  runId: string;
  action: ApprovalAction;
  stage: number | null;
  evidenceId: string;
  evidenceHash: string;
  planHash: string;
  quorum: number;
  verdict: Verdict | null;
  policy: Json;
  statisticsVersion: string;
  state: ApprovalState;
  reason: string | null;
  requestedAt: Date;
  expiresAt: Date;
  decidedAt: Date | null;
  /** Until it expires, on database time; not above 0 when its time is over. */
  leftMs: number;
}

/** A run's request by id, else its newest; null when nobody was ever asked. */
export async function findRequest(
  db: Store,
  input: { runId: string; requestId?: string | undefined },
): Promise<ApprovalRequest | null> {
  let query = requests(db)
    .where('q.run_id', '=', input.runId)
    .orderBy('q.created_at', 'desc')
    .orderBy('q.id', 'desc')
    .limit(1);
  if (input.requestId !== undefined) query = query.where('q.id', '=', input.requestId);
  return (await query.executeTakeFirst()) ?? null;
}

/** The query of a whole request; callers say which. */
export function requests(db: Store) {
  return (
    db
      .selectFrom('approval_request as q')
      .innerJoin('evidence as e', 'e.id', 'q.evidence_id')
      .select([
        'q.id',
        'q.run_id as runId',
        'q.action',
        'q.stage',
        'q.evidence_id as evidenceId',
        'e.hash as evidenceHash',
        'q.plan_hash as planHash',
        'q.quorum',
        'q.verdict',
        'q.policy',
        'q.statistics_version as statisticsVersion',
        'q.state',
        'q.reason',
        'q.created_at as requestedAt',
        'q.expires_at as expiresAt',
        'q.decided_at as decidedAt',
      ])
      // Not `now()`, which stands still from the start of a transaction that may have waited for a lock.
      .select(sql<number>`extract(epoch from q.expires_at - clock_timestamp())::float8 * 1000`.as('leftMs'))
  );
}
