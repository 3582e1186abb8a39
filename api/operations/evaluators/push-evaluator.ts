import type { EvaluatorConfig } from '../../../schema/contracts/evaluator.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { pushEvaluatorVersion } from '../../../store/evaluators/push-evaluator-version.ts';
import type { SignedContext } from '../../context.ts';

/** Makes the next version of an evaluator; the same content again makes none. */
export async function pushEvaluator({
  ctx,
  input: config,
}: {
  ctx: SignedContext;
  input: EvaluatorConfig;
}): Promise<{ name: string; version: number; created: boolean }> {
  const { projectId, actor } = ctx.principal;
  ctx.checkEvaluator(config);
  return ctx.db.transaction().execute(async (trx) => {
    const { version, created } = await pushEvaluatorVersion(trx, { projectId, config, createdBy: actor });
    if (created) {
      const subject = `evaluator:${config.name}@${version}`;
      await appendAuditEvent(trx, { projectId, actor, verb: 'evaluator.push', subject }, ctx.auditKey);
    }
    return { name: config.name, version, created };
  });
}
