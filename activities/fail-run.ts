import { changeStatus } from '../store/runs/change-status.ts';
import { summarizeRun } from '../store/runs/summarize-run.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Ends a run that could not finish, with the reason a person reads. Does nothing when it is final already. */
export async function failRun(
  dependencies: ActivityDependencies,
  input: { runId: string; message: string; fix: string; planned?: number },
): Promise<void> {
  await dependencies.db.transaction().execute(async (trx) => {
    const changed = await changeStatus(trx, input.runId, 'failed', {
      error: { message: input.message, fix: input.fix },
      ...(input.planned === undefined ? {} : { planned: input.planned }),
      finished: true,
    });
    if (!changed) return;
    const summary = await summarizeRun(trx, input.runId);
    await trx
      .updateTable('run')
      .set({ result: JSON.stringify(summary) })
      .where('id', '=', input.runId)
      .execute();
  });
}
