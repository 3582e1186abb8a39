import type { PlannedEvaluator } from '../../schema/contracts/plan.ts';
import type { AttachedResult } from '../../schema/contracts/scoring.ts';
import type { Store } from '../open-database.ts';

export interface AttachedScoring {
  id: string;
  status: 'waiting' | 'running' | 'completed' | 'failed';
  evaluators: PlannedEvaluator[];
  idempotencyKey: string | null;
  result: AttachedResult | null;
}

/** What was attached to a run since it ended, oldest first. */
export async function listAttached(db: Store, runId: string): Promise<AttachedScoring[]> {
  return db
    .selectFrom('scoring')
    .select(['id', 'status', 'evaluators', 'idempotency_key as idempotencyKey', 'result'])
    .where('run_id', '=', runId)
    .where('kind', '=', 'attached')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}
