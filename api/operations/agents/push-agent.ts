import type { AgentFile } from '../../../schema/contracts/spec.ts';
import { pushAgentVersion } from '../../../store/agents/push-agent-version.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import type { SignedContext } from '../../context.ts';

/** Makes the next version of an agent; the same content again makes none. */
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
    const pushed = await pushAgentVersion(trx, {
      projectId,
      name: input.agent,
      config: input.config,
      createdBy: actor,
    });
    if (pushed.created) {
      const subject = `agent:${pushed.name}@${pushed.version}`;
      await appendAuditEvent(trx, { projectId, actor, verb: 'agent.push', subject }, ctx.auditKey);
    }
    return pushed;
  });
}
