import { approvalSentence } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';
import { queueEvent } from '../webhooks/queue-event.ts';
import { requests } from './find-request.ts';
import { readEvidence } from './read-evidence.ts';

/** Queues the webhooks of a new request for approval: now, and to whom it escalates once half of its time is over. */
export async function tellRequest(
  trx: Store,
  input: { requestId: string; escalateTo: string | null; ttlMs: number },
): Promise<void> {
  const request = await requests(trx)
    .innerJoin('run as r', 'r.id', 'q.run_id')
    .select(['r.name', 'r.kind', 'q.project_id as projectId'])
    .where('q.id', '=', input.requestId)
    .executeTakeFirstOrThrow();
  const { id, runId, name, projectId, stage } = request;
  const { reasons } = await readEvidence(trx, request.evidenceId);
  const facts = {
    runId,
    name,
    requestId: id,
    evidenceHash: request.evidenceHash.slice(0, 12),
    sentence: approvalSentence({ ...request, reasons }),
    expiresAt: request.expiresAt.toISOString(),
    ...(stage === null ? {} : { stage }),
  };
  const type = request.kind === 'rollout' ? 'rollout.approval_requested' : 'experiment.approval_requested';
  await queueEvent(trx, { projectId, type, facts, onlyWhileOpen: id });
  if (input.escalateTo === null) return;
  await queueEvent(trx, {
    projectId,
    type: 'approval.escalated',
    facts: { ...facts, escalateTo: input.escalateTo },
    onlyWhileOpen: id,
    afterMs: input.ttlMs / 2,
  });
}
