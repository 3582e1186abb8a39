import type { RunKind } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';
import { type ApprovalRequest, requests } from './find-request.ts';

export interface OpenRequest extends ApprovalRequest {
  name: string;
  kind: RunKind;
  requestedBy: string;
}

/** Requests of the project that wait for an answer, those that expire first at the front. */
export async function listOpenRequests(db: Store, input: { projectId: string; limit: number }): Promise<OpenRequest[]> {
  const rows = await requests(db)
    .innerJoin('run as r', 'r.id', 'q.run_id')
    .select(['r.name', 'r.kind', 'r.requested_by as requestedBy'])
    .where('q.project_id', '=', input.projectId)
    .where('q.state', '=', 'open')
    .orderBy('q.expires_at')
    .limit(input.limit)
    .execute();
  return rows.filter((row) => row.leftMs > 0);
}
