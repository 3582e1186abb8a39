import type { RunResult } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** The result of the newest completed run of the same name in the run's project, or null. */
export async function findEarlierResult(db: Store, runId: string): Promise<RunResult | null> {
  const row = await db
    .selectFrom('run as r')
    .innerJoin('run as now', (join) =>
      join.onRef('now.project_id', '=', 'r.project_id').onRef('now.name', '=', 'r.name').onRef('now.id', '<>', 'r.id'),
    )
    .select('r.result')
    .where('now.id', '=', runId)
    .where('r.status', '=', 'completed')
    .orderBy('r.created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.result ?? null;
}
