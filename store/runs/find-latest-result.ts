import type { RunResult } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** The result of the newest completed run of this name, or null. */
export async function findLatestResult(
  db: Store,
  { projectId, name }: { projectId: string; name: string },
): Promise<RunResult | null> {
  const row = await db
    .selectFrom('run')
    .select('result')
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .where('status', '=', 'completed')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.result ?? null;
}
