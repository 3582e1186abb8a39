import { SluiceError } from '../../../schema/errors.ts';
import { findAgentVersion } from '../../../store/agents/find-agent-version.ts';
import { findPreviousVersion } from '../../../store/agents/find-previous-version.ts';
import { setProductionVersion } from '../../../store/agents/set-production-version.ts';
import { lapseRequests } from '../../../store/approvals/end-request.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { findMovingRollout } from '../../../store/rollouts/find-moving-rollout.ts';
import { readRollout } from '../../../store/rollouts/read-rollout.ts';
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
    const { agentId, version: from } = await findAgentVersion(trx, { projectId, name: agent, version: 'production' });
    const moving = await findMovingRollout(trx, agentId);
    let to = from;
    if (moving !== null) {
      await lockRun(trx, moving.runId);
      const { plan, state } = await readRollout(trx, moving.runId);
      if (state.phase === 'watch') to = plan.controlVersion;
    } else {
      const previous = await findPreviousVersion(trx, agentId);
      if (previous === null) throw nothingBefore(agent, from);
      to = previous;
    }
    if (to !== from) await setProductionVersion(trx, { projectId, name: agent, version: to });
    if (moving !== null) {
      await stopRollout(trx, moving.runId);
      await lapseRequests(trx, { runId: moving.runId, reason: `The agent was rolled back: ${reason}` });
      await changeStatus(trx, moving.runId, 'aborted', {
        intent: 'abort',
        finished: true,
        error: { message: `rolled back by ${actor.replace(/^person:/, '')}: ${reason}` },
      });
      await addToOutbox(trx, { topic: 'signal_run', payload: { runId: moving.runId, kind: 'rollout' } });
    }
    const endedRun = moving?.runId ?? null;
    const detail = { reason, from, to, ...(endedRun === null ? {} : { endedRun }) };
    const subject = `agent:${agent}@${to}`;
    await appendAuditEvent(trx, { projectId, actor, verb: 'agent.rollback', subject, detail }, ctx.auditKey);
    return { agent, from, to, endedRun };
  });
  ctx.dispatch();
  return answer;
}

function nothingBefore(agent: string, version: number): SluiceError {
  return new SluiceError({
    code: 'conflict',
    message: `agent ${agent} has had no other production version than ${version}, and no rollout moves its traffic`,
    fix: `Name the version: \`sluice agent set-production ${agent} VERSION --reason TEXT\`.`,
  });
}
