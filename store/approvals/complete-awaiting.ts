import type { RunResult } from '../../schema/contracts/result.ts';
import type { Action } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';
import { changeStatus } from '../runs/change-status.ts';
import { recordDecision } from '../runs/record-decision.ts';
import { setResult } from '../runs/set-result.ts';
import type { ApprovalRequest } from './find-request.ts';
import { findRequest } from './find-request.ts';
import { readApproval } from './read-approval.ts';

/**
 * Ends an experiment that waited for persons: its decision, its status and its result, in the transaction that ended
 * the request. The verdict stays what the gate said. The run is locked.
 * @param input.why Put before the reasons, when the action is not what the verdict leads to.
 */
export async function completeAwaiting(
  trx: Store,
  input: { request: ApprovalRequest; action: Action; why: string | null },
): Promise<RunResult> {
  const { request, action, why } = input;
  const { runId } = request;
  const { result } = await trx.selectFrom('run').select('result').where('id', '=', runId).executeTakeFirstOrThrow();
  if (result === null || request.verdict === null) throw new Error(`run ${runId} waits for approval without a verdict`);
  if (!(await changeStatus(trx, runId, 'completed', { finished: true }))) {
    throw new Error(`run ${runId} is locked and does not wait for approval`);
  }
  const decision = await recordDecision(trx, {
    runId,
    evidenceId: request.evidenceId,
    verdict: request.verdict,
    action,
    policy: request.policy,
    planHash: request.planHash,
    statisticsVersion: request.statisticsVersion,
  });
  const ended = await findRequest(trx, { runId, requestId: request.id });
  const final: RunResult = {
    ...result,
    status: 'completed',
    action: decision.action,
    decisionId: decision.decisionId,
    reasons: why === null ? result.reasons : [why, ...result.reasons],
    approval: await readApproval(trx, ended ?? request),
  };
  await setResult(trx, runId, final);
  return final;
}
