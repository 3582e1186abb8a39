import { sql } from 'kysely';
import type { RunStatus } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';

/** Which status may follow which. A final status is left by `reopenRun` alone. */
const next: Record<RunStatus, readonly RunStatus[]> = {
  queued: ['running', 'paused', 'failed', 'aborted'],
  running: ['paused', 'awaiting_approval', 'completed', 'failed', 'aborted'],
  paused: ['running', 'queued', 'failed', 'aborted'],
  // Only rollouts are paused while they ask: api/operations/runs/change-run.ts.
  awaiting_approval: ['running', 'paused', 'completed', 'failed', 'aborted'],
  completed: [],
  failed: [],
  aborted: [],
};

/**
 * Moves a run to `status` if its present status allows it; `seq` grows by one. Tells watchers.
 * @returns False when the run is elsewhere by now; nothing was changed then.
 */
export async function changeStatus(
  db: Store,
  runId: string,
  status: RunStatus,
  set: {
    intent?: 'run' | 'pause' | 'abort';
    /** Change only while the last command asked for this. */
    onlyIntent?: 'run';
    planned?: number;
    error?: { message: string; fix?: string };
    finished?: boolean;
  } = {},
): Promise<boolean> {
  const from = (Object.keys(next) as RunStatus[]).filter((one) => next[one].includes(status));
  const changed = await db
    .updateTable('run')
    .set({
      status,
      seq: sql`seq + 1`,
      ...(set.intent ? { intent: set.intent } : {}),
      ...(set.planned === undefined ? {} : { planned: set.planned }),
      ...(set.error ? { error: JSON.stringify(set.error) } : {}),
      ...(set.finished ? { finished_at: sql<Date>`now()` } : {}),
    })
    .where('id', '=', runId)
    .where('status', 'in', from)
    .$if(set.onlyIntent !== undefined, (query) => query.where('intent', '=', set.onlyIntent ?? 'run'))
    .returning('id')
    .executeTakeFirst();
  if (changed) await sql`select pg_notify('sluice_run', ${runId})`.execute(db);
  return changed !== undefined;
}
