import type { Answer } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';

export interface StoredAnswer {
  personId: string;
  person: string;
  keyId: string;
  answer: Answer;
  reason: string | null;
  at: Date;
  /** False when the key it was given with has been revoked since: it is no answer any more. */
  counts: boolean;
}

/** What persons said to a request, in the order they said it. */
export async function listAnswers(db: Store, requestId: string): Promise<StoredAnswer[]> {
  const rows = await db
    .selectFrom('approval as a')
    .innerJoin('person as p', 'p.id', 'a.person_id')
    .innerJoin('api_key as k', 'k.id', 'a.key_id')
    .leftJoin('approval_request as q', 'q.id', 'a.request_id')
    .select([
      'a.person_id as personId',
      'p.name as person',
      'a.key_id as keyId',
      'a.answer',
      'a.reason',
      'a.created_at as at',
      'k.revoked_at as revokedAt',
      'q.decided_at as decidedAt',
    ])
    .where('a.request_id', '=', requestId)
    .orderBy('a.id')
    .execute();
  // What was decided with a key while it was good stays decided.
  return rows.map(({ revokedAt, decidedAt, ...row }) => ({
    ...row,
    counts: revokedAt === null || (decidedAt !== null && revokedAt > decidedAt),
  }));
}
