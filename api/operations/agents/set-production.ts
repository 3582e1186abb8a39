import { setProductionVersion } from '../../../store/agents/set-production-version.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import type { SignedContext } from '../../context.ts';

export interface SetProduction {
  agent: string;
  version: number;
  previous: number | null;
  /** False when it was the production version already. */
  changed: boolean;
}

/** Declares a version to be the one in production, past any rollout; the audit log keeps who, what and why. */
export async function setProduction({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { agent: string; version: number; reason: string };
}): Promise<SetProduction> {
  const { projectId, actor } = ctx.principal;
  const { agent, version, reason } = input;
  return ctx.db.transaction().execute(async (trx) => {
    const { previous, changed } = await setProductionVersion(trx, { projectId, name: agent, version });
    if (changed) {
      const subject = `agent:${agent}@${version}`;
      const detail = { reason, previous };
      await appendAuditEvent(trx, { projectId, actor, verb: 'agent.set_production', subject, detail }, ctx.auditKey);
    }
    return { agent, version, previous, changed };
  });
}
