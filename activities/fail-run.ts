import { changeStatus } from '../store/runs/change-status.ts';
import type { ActivityDependencies } from './dependencies.ts';

/**
 * Ends a run that could not finish, with the reason a person reads. Does nothing when it is final already. Shards that
 * still run are told to stop; what their calls in flight answer is stored and counted, so no result is frozen here.
 */
export async function failRun(
  { db }: ActivityDependencies,
  input: { runId: string; message: string; fix: string; planned?: number },
): Promise<void> {
  await changeStatus(db, input.runId, 'failed', {
    error: { message: input.message, fix: input.fix },
    ...(input.planned === undefined ? {} : { planned: input.planned }),
    intent: 'abort',
    finished: true,
  });
}
