import type { PlannedEvaluator } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';

export interface ScoringRow {
  id: string;
  runId: string;
  kind: 'plan' | 'attached';
  status: 'waiting' | 'running' | 'completed' | 'failed';
  evaluators: PlannedEvaluator[];
  error: { message: string; fix?: string } | null;
  createdAt: Date;
  finishedAt: Date | null;
}

/** A scoring of the project by id, or null. */
export async function findScoring(db: Store, projectId: string, scoringId: string): Promise<ScoringRow | null> {
  const row = await db
    .selectFrom('scoring as s')
    .innerJoin('run as r', 'r.id', 's.run_id')
    .select([
      's.id',
      's.run_id as runId',
      's.kind',
      's.status',
      's.evaluators',
      's.error',
      's.created_at as createdAt',
      's.finished_at as finishedAt',
    ])
    .where('s.id', '=', scoringId)
    .where('r.project_id', '=', projectId)
    .executeTakeFirst();
  return row ?? null;
}
