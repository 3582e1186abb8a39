import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

export interface FreezeWindow {
  id: string;
  from: Date;
  /** null = until somebody ends it. */
  to: Date | null;
  reason: string;
  createdBy: string;
  endedAt: Date | null;
}

/** Adds a stretch of time in which nothing of a project advances. */
export async function insertFreezeWindow(
  trx: Store,
  window: { id: string; projectId: string; from: Date; to: Date | null; reason: string; createdBy: string },
): Promise<void> {
  await trx
    .insertInto('freeze_window')
    .values({
      id: window.id,
      project_id: window.projectId,
      from_at: window.from,
      to_at: window.to,
      reason: window.reason,
      created_by: window.createdBy,
    })
    .execute();
}

/** Ends a window now. @returns null when there is none; `changed` false when it had ended before. */
export async function endFreezeWindow(
  trx: Store,
  input: { projectId: string; id: string },
): Promise<{ changed: boolean } | null> {
  const ended = await trx
    .updateTable('freeze_window')
    .set({ ended_at: sql`clock_timestamp()` })
    .where('project_id', '=', input.projectId)
    .where('id', '=', input.id)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (ended) return { changed: true };
  const known = await trx
    .selectFrom('freeze_window')
    .select('id')
    .where('project_id', '=', input.projectId)
    .where('id', '=', input.id)
    .executeTakeFirst();
  return known ? { changed: false } : null;
}

/** The windows of a project that are not over, the next first. */
export async function listFreezeWindows(db: Store, projectId: string): Promise<FreezeWindow[]> {
  return db
    .selectFrom('freeze_window')
    .select(['id', 'from_at as from', 'to_at as to', 'reason', 'created_by as createdBy', 'ended_at as endedAt'])
    .where('project_id', '=', projectId)
    .where('ended_at', 'is', null)
    .where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>', sql<Date>`now()`)]))
    .orderBy('from_at')
    .execute();
}
