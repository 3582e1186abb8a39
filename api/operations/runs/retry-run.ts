import type { RunStatus } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { countTrials } from '../../../store/runs/count-trials.ts';
import { findRun } from '../../../store/runs/find-run.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import { readBudget } from '../../../store/runs/read-budget.ts';
import { reopenRun } from '../../../store/runs/reopen-run.ts';
import { type RetriedKind, supersedeFailures } from '../../../store/runs/supersede-failures.ts';
import type { SignedContext } from '../../context.ts';
import { requireExperiment } from './require-experiment.ts';

export interface RetriedRun {
  id: string;
  status: RunStatus;
  /** False when there was nothing to make again, or the run goes on already. */
  changed: boolean;
  /** Trials that are called again. */
  trials: number;
  /** Scores that are judged again, without a call of an agent. */
  scores: number;
  /** Trials that were never made, and are now: of a run that could not finish. */
  left: number;
}

/**
 * Makes failed trials of a run that ended again, and what it could not finish; then it is judged anew. Their rows are
 * kept as superseded. Trials that succeeded are not called. With nothing to do, or while the run goes on, it changes
 * nothing.
 * @param input.only `failed`: what the agent failed at; `missing`: what the platform or a judge failed at. @default both
 * @throws {SluiceError} conflict, when the run was aborted, is paused or waits for persons, or its budget is spent
 */
export async function retryRun({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; only?: RetriedKind; reason?: string };
}): Promise<RetriedRun> {
  const { projectId, actor } = ctx.principal;
  const { id, only: kind = 'all_failed' } = input;
  const { plan, plan_hash: planHash } = await requireExperiment(ctx, id, 'retried');
  const nothing = { changed: false, trials: 0, scores: 0, left: 0 };
  const answer = await ctx.db.transaction().execute(async (trx) => {
    const { status } = await lockRun(trx, id);
    if (status === 'queued' || status === 'running') return { status, ...nothing };
    if (status !== 'completed' && status !== 'failed') {
      throw new SluiceError({
        code: 'conflict',
        message: `run ${id} is ${status.replace('_', ' ')}: failed trials are made again once it has ended`,
        fix: fixFor(status, id),
      });
    }
    const { trials, scores, askedScores } = await supersedeFailures(trx, { runId: id, plan, kind, actor });
    const run = await trx.selectFrom('run').select(['planned']).where('id', '=', id).executeTakeFirstOrThrow();
    const { counts } = await countTrials(trx, { id, status, planned: run.planned });
    const open = counts.planned - counts.succeeded - counts.failed - counts.missing;
    const left = status === 'failed' ? open - trials : 0;
    // A run that failed before its plan was laid out has no trials yet, and all of them to make.
    if (trials + scores === 0 && status === 'completed') return { status, ...nothing };
    const budget = await readBudget(trx, id, plan);
    if (budget !== null && budget.spentUsd >= budget.capUsd && trials + left + askedScores > 0) {
      const what =
        trials + left > 0
          ? `${trials + left} trials could not be called again`
          : `${askedScores} judgements could not be asked for again`;
      throw new SluiceError({
        code: 'conflict',
        message: `run ${id} has spent its budget of $${budget.capUsd}: ${what}`,
        fix: `Raise it first: \`sluice run budget ${id} --max-cost-usd USD\`.`,
      });
    }
    await reopenRun(trx, id);
    const detail = { planHash, only: kind, trials, scores, ...(input.reason ? { reason: input.reason } : {}) };
    await appendAuditEvent(trx, { projectId, actor, verb: 'run.retry', subject: `run:${id}`, detail }, ctx.auditKey);
    return { status, changed: true, trials, scores, left };
  });
  if (answer.changed) ctx.dispatch();
  const now = await findRun(ctx.db, projectId, id);
  return { ...answer, id, status: now?.status ?? answer.status };
}

function fixFor(status: RunStatus, id: string): string {
  if (status === 'aborted') return `An aborted run is over: start it anew with \`sluice run rerun ${id}\`.`;
  if (status === 'paused') return `Resume it with \`sluice run resume ${id}\`.`;
  return `See it with \`sluice run get ${id}\`.`;
}
