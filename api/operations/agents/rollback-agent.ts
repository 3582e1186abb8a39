import { SluiceError } from '../../../schema/errors.ts';
import { findAgentVersion } from '../../../store/agents/find-agent-version.ts';
import { findPreviousVersion } from '../../../store/agents/find-previous-version.ts';
import { setProductionVersion } from '../../../store/agents/set-production-version.ts';
import { lapseRequests } from '../../../store/approvals/end-request.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { findMovingRollout } from '../../../store/rollouts/find-moving-rollout.ts';
import { type Rollout, readRollout } from '../../../store/rollouts/read-rollout.ts';
import { stopRollout } from '../../../store/rollouts/stop-rollout.ts';
import { changeStatus } from '../../../store/runs/change-status.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import type { SignedContext } from '../../context.ts';

export interface RolledBack {
  agent: string;
  /** The production version before, and now. */
  from: number;
  to: number;
  /** The rollout that this ended. */
  endedRun: string | null;
}

/**
 * Takes an agent back at once, without analysis, in one transaction: a rollout in progress ends and all units get control; a promoted version,
 * under watch or not, gives way to the one before it. One on-call person is enough; the audit log keeps who and why, for the review
 * afterwards.
 * @throws {SluiceError} conflict when there is nothing to return to
 */
export async function rollbackAgent({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { agent: string; reason: string };
}): Promise<RolledBack> {
  const { projectId, actor } = ctx.principal;
  const { agent, reason } = input;
  const answer = await ctx.db.transaction().execute(async (trx): Promise<RolledBack> => {
    const { agentId, version: before } = await findAgentVersion(trx, { projectId, name: agent, version: 'production' });
    const moving = await findMovingRollout(trx, agentId);
    if (moving !== null) await lockRun(trx, moving.runId);
    // A look may have promoted or rolled back while this waited for it: what counts is what stands now.
    const { version: from } = await findAgentVersion(trx, { projectId, name: agent, version: 'production' });
    const rollout = moving === null ? null : await readRollout(trx, moving.runId);
    const to = rollout === null ? await findPreviousVersion(trx, agentId) : whereTo(rollout, from);
    if (to === null) throw nothingBefore(agent, before);
    if (to !== from) await setProductionVersion(trx, { projectId, name: agent, version: to });
    const endedRun = rollout !== null && rollout.state.phase !== 'ended' ? rollout.runId : null;
    if (endedRun !== null) {
      const message = `rolled back by ${actor.replace(/^person:/, '')}: ${reason}`;
      await stopRollout(trx, endedRun, message);
      await lapseRequests(trx, { runId: endedRun, reason: `The agent was rolled back: ${reason}` });
      await changeStatus(trx, endedRun, 'aborted', { intent: 'abort', finished: true, error: { message } });
      await addToOutbox(trx, { topic: 'signal_run', payload: { runId: endedRun, kind: 'rollout' } });
    }
    const detail = { reason, from, to, ...(endedRun === null ? {} : { endedRun }) };
    const subject = `agent:${agent}@${to}`;
    await appendAuditEvent(trx, { projectId, actor, verb: 'agent.rollback', subject, detail }, ctx.auditKey);
    return { agent, from, to, endedRun };
  });
  ctx.dispatch();
  return answer;
}

/** Where a rollout, as it stands now, leads back to: what it compared with, once its candidate is in production. */
function whereTo({ plan }: Rollout, production: number): number {
  return plan.candidates.some(({ version }) => version === production) ? plan.controlVersion : production;
}

function nothingBefore(agent: string, version: number): SluiceError {
  return new SluiceError({
    code: 'conflict',
    message: `agent ${agent} has had no other production version than ${version}, and no rollout moves its traffic`,
    fix: `Name the version: \`sluice agent set-production ${agent} VERSION --reason TEXT\`.`,
  });
}
