import { sql } from 'kysely';
import type { Action, RunKind, RunStatus, Verdict } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';

export interface RunListItem {
  id: string;
  kind: RunKind;
  name: string;
  status: RunStatus;
  verdict: Verdict | null;
  action: Action | null;
  tags: string[];
  createdAt: string;
}

/** The newest runs of the project, newest first. */
export async function listRuns(
  db: Store,
  input: { projectId: string; name?: string; status?: RunStatus; tag?: string; limit: number },
): Promise<RunListItem[]> {
  let query = db
    .selectFrom('run')
    .select(['id', 'kind', 'name', 'status', 'result', 'created_at', sql<string[] | null>`spec->'tags'`.as('tags')])
    .where('project_id', '=', input.projectId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(input.limit);
  if (input.name) query = query.where('name', '=', input.name);
  if (input.status) query = query.where('status', '=', input.status);
  if (input.tag) query = query.where(sql<boolean>`spec->'tags' @> to_jsonb(${input.tag}::text)`);
  return (await query.execute()).map((row) => ({
    id: row.id,
    kind: row.kind,
    name: row.name,
    status: row.status,
    verdict: row.result?.verdict ?? null,
    action: row.result?.action ?? null,
    tags: row.tags ?? [],
    createdAt: row.created_at.toISOString(),
  }));
}
