import type { DatasetVersionInfo, SplitPair } from '../../../schema/contracts/dataset.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { finishPush as finishStoredPush } from '../../../store/datasets/finish-push.ts';
import type { SignedContext } from '../../context.ts';

/** Makes the dataset's next version of what was staged: all of it or nothing. */
export async function finishPush({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { pushId: string; rows: number; disjoint?: SplitPair[]; allowOverlap?: SplitPair[] };
}): Promise<DatasetVersionInfo> {
  const { projectId, actor } = ctx.principal;
  return ctx.db.transaction().execute(async (trx) => {
    const info = await finishStoredPush(trx, { projectId, createdBy: actor, ...input });
    if (info.created) {
      const subject = `dataset:${info.name}@${info.version}`;
      const detail = { examples: info.examples, contentHash: info.contentHash, disjoint: info.disjoint };
      await appendAuditEvent(trx, { projectId, actor, verb: 'dataset.push', subject, detail }, ctx.auditKey);
      for (const pair of input.allowOverlap ?? []) {
        const event = { projectId, actor, verb: 'dataset.allow_overlap', subject, detail: { splits: pair } };
        await appendAuditEvent(trx, event, ctx.auditKey);
      }
    }
    return info;
  });
}
