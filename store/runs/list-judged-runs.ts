import type { Plan } from '../../schema/contracts/plan.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

export interface JudgedRun {
  id: string;
  name: string;
  createdAt: Date;
  plan: Plan;
  planHash: string;
  result: RunResult | null;
}

/** The newest completed experiments of the project, newest first. */
export async function listJudgedRuns(
  db: Store,
  input: { projectId: string; name?: string | undefined; limit: number },
): Promise<JudgedRun[]> {
  let query = db
    .selectFrom('run')
    .select(['id', 'name', 'created_at', 'plan', 'plan_hash', 'result'])
    .where('project_id', '=', input.projectId)
    .where('kind', '=', 'experiment')
    .where('status', '=', 'completed')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(input.limit);
  if (input.name !== undefined) query = query.where('name', '=', input.name);
  return (await query.execute()).map((row) => ({
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    plan: row.plan,
    planHash: row.plan_hash,
    result: row.result,
  }));
}
