import type { RunStatus } from '../schema/contracts/words.ts';
import { readRun } from '../store/runs/read-run.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** What the last command on the run asked for, and where the run stands. */
export async function readIntent(
  dependencies: ActivityDependencies,
  input: { runId: string },
): Promise<{ intent: 'run' | 'pause' | 'abort'; status: RunStatus }> {
  // Only these two: what an activity returns stands in the workflow's history.
  const { intent, status } = await readRun(dependencies.db, input.runId);
  return { intent, status };
}
