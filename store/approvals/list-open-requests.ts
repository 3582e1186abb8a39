import { sql } from 'kysely';
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
  return (
    requests(db)
      .innerJoin('run as r', 'r.id', 'q.run_id')
      .select(['r.name', 'r.kind', 'r.requested_by as requestedBy'])
      .where('q.project_id', '=', input.projectId)
      .where('q.state', '=', 'open')
      // Those that no worker has ended yet must not take the places of the others.
      .where('q.expires_at', '>', sql<Date>`clock_timestamp()`)
      .orderBy('q.expires_at')
      .limit(input.limit)
      .execute()
  );
}
