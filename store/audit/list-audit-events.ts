import type { AuditEntry } from '../../schema/contracts/audit.ts';
import type { Store } from '../open-database.ts';

/** The newest events of the project, newest first. */
export async function listAuditEvents(
  db: Store,
  input: {
    projectId: string;
    /** Only events with a smaller number: the next page. */
    before?: number | undefined;
    /** `run:<id>`, `agent:<name>@<version>`, … */
    subject?: string | undefined;
    limit: number;
  },
): Promise<AuditEntry[]> {
  let query = db
    .selectFrom('audit_event')
    .select(['number', 'at', 'actor', 'verb', 'subject', 'detail'])
    .where('project_id', '=', input.projectId)
    .orderBy('number', 'desc')
    .limit(input.limit);
  if (input.before !== undefined) query = query.where('number', '<', String(input.before));
  if (input.subject !== undefined) query = query.where('subject', '=', input.subject);
  return (await query.execute()).map((row) => ({ ...row, number: Number(row.number), at: row.at.toISOString() }));
}
