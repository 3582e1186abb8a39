import type { RunStatus } from '../schema/contracts/words.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** What the last command on the run asked for, and where the run stands. */
export async function readIntent(
  dependencies: ActivityDependencies,
  input: { runId: string },
): Promise<{ intent: 'run' | 'pause' | 'abort'; status: RunStatus }> {
  return dependencies.db
    .selectFrom('run')
    .select(['intent', 'status'])
    .where('id', '=', input.runId)
    .executeTakeFirstOrThrow();
}
