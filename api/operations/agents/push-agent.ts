import type { AgentFile } from '../../../schema/contracts/spec.ts';
import { pushAgentVersion } from '../../../store/agents/push-agent-version.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import type { SignedContext } from '../../context.ts';
import { pinAgent } from './pin-agent.ts';

/** Makes the next version of an agent; the same content again makes none. What it names is pinned: see `pinAgent`. */
export async function pushAgent({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: AgentFile;
}): Promise<{ name: string; version: number; created: boolean }> {
  const { projectId, actor } = ctx.principal;
  ctx.checkAgent(input.config);
  return ctx.db.transaction().execute(async (trx) => {
    const config = await pinAgent(trx, { projectId, name: input.agent, config: input.config });
    const pushed = await pushAgentVersion(trx, {
      projectId,
      name: input.agent,
      config,
      createdBy: actor,
    });
    if (pushed.created) {
      const subject = `agent:${pushed.name}@${pushed.version}`;
      await appendAuditEvent(trx, { projectId, actor, verb: 'agent.push', subject }, ctx.auditKey);
    }
    return pushed;
  });
}
