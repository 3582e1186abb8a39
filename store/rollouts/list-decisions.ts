import type { RolloutDecision } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** The decisions of a run, in the order they were taken. */
export async function listDecisions(db: Store, runId: string): Promise<RolloutDecision[]> {
  const rows = await db
    .selectFrom('decision as d')
    .innerJoin('evidence as e', 'e.id', 'd.evidence_id')
    .select(['d.id', 'd.verdict', 'd.action', 'd.created_at', 'e.hash'])
    .where('d.run_id', '=', runId)
    .orderBy('d.created_at')
    .orderBy('d.id')
    .execute();
  return rows.map(({ id, verdict, action, created_at, hash }) => ({
    id,
    verdict,
    action,
    evidenceHash: hash,
    at: created_at.toISOString(),
  }));
}
