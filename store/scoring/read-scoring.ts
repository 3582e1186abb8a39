import type { Plan, PlannedEvaluator } from '../../schema/contracts/plan.ts';
import type { RunStatus } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';

/** What the activities of a scoring work from. */
export interface ScoringOrders {
  scoringId: string;
  runId: string;
  projectId: string;
  kind: 'plan' | 'attached';
  evaluators: PlannedEvaluator[];
  status: 'waiting' | 'running' | 'completed' | 'failed';
  requestedBy: string;
  plan: Plan;
  planHash: string;
  runStatus: RunStatus;
  /** What the run was last told, for its own judges; those attached to a run that has ended run until they are stopped. */
  intent: 'run' | 'pause' | 'abort';
}

/** A scoring, with what is to be known of its run. It must be there. */
export async function readScoring(db: Store, scoringId: string): Promise<ScoringOrders> {
  const row = await db
    .selectFrom('scoring as s')
    .innerJoin('run as r', 'r.id', 's.run_id')
    .select([
      's.run_id as runId',
      's.kind',
      's.evaluators',
      's.status',
      's.requested_by as requestedBy',
      'r.project_id as projectId',
      'r.plan',
      'r.plan_hash as planHash',
      'r.status as runStatus',
      'r.intent',
    ])
    .where('s.id', '=', scoringId)
    .executeTakeFirstOrThrow();
  return { scoringId, ...row, intent: intentOf(row) };
}

/** What a scoring is to heed: the commands on its run, or, attached to one that has ended, that it was stopped itself. */
export function intentOf({
  kind,
  status,
  intent,
}: Pick<ScoringOrders, 'kind' | 'status' | 'intent'>): ScoringOrders['intent'] {
  if (kind === 'plan') return intent;
  return status === 'failed' ? 'abort' : 'run';
}
