import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { endScoring } from '../../../store/scoring/end-scoring.ts';
import { findScoring } from '../../../store/scoring/find-scoring.ts';
import type { SignedContext } from '../../context.ts';

/** True for ids of scorings, which stand beside those of runs. */
export function isScoringId(id: string): boolean {
  return id.startsWith('scr_');
}

/**
 * Ends a scoring that is attached to a run: judges may be slow and dear, and no budget holds them. Workers stop with
 * their next score or within a second. What was said stays; attached again, the evaluators judge what is left.
 * @throws {SluiceError} not_found; conflict for one that has completed, and for the scoring of a run's own judges
 */
export async function stopScoring({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; reason?: string };
}): Promise<{ id: string; status: 'aborted'; changed: boolean }> {
  const { projectId, actor } = ctx.principal;
  const { id, reason } = input;
  const scoring = await findScoring(ctx.db, projectId, id);
  if (!scoring) {
    throw new SluiceError({
      code: 'not_found',
      message: `there is no scoring "${id}"`,
      fix: 'Its id is in the answer of `sluice run score ID --evaluator NAME --json`.',
    });
  }
  if (scoring.kind === 'plan') {
    throw new SluiceError({
      code: 'conflict',
      message: `scoring ${id} is that of the judges of run ${scoring.runId} itself`,
      fix: `End the run with them: \`sluice run abort ${scoring.runId}\`.`,
    });
  }
  const changed = await ctx.db.transaction().execute(async (trx) => {
    const message = `stopped by ${actor.replace(/^person:/, '')}${reason ? `: ${reason}` : ''}`;
    if (!(await endScoring(trx, id, { error: { message, fix: 'Attached again, it judges what is left.' } }))) {
      return false;
    }
    const detail = { scoringId: id, ...(reason ? { reason } : {}) };
    const event = { projectId, actor, verb: 'run.stop_scoring', subject: `run:${scoring.runId}`, detail };
    await appendAuditEvent(trx, event, ctx.auditKey);
    return true;
  });
  const now = await findScoring(ctx.db, projectId, id);
  if (now?.status === 'failed') return { id, status: 'aborted', changed };
  throw new SluiceError({
    code: 'conflict',
    message: `scoring ${id} is completed and cannot be stopped`,
    fix: `See what it measured with \`sluice run get ${scoring.runId}\`.`,
  });
}
