import type { Json } from '../../../schema/contracts/json.ts';
import { isFinal, type RunStatus } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { countLeft } from '../../../store/runs/count-left.ts';
import { findRun } from '../../../store/runs/find-run.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import { raiseCap } from '../../../store/runs/raise-cap.ts';
import { readBudget } from '../../../store/runs/read-budget.ts';
import { reopenRun } from '../../../store/runs/reopen-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireExperiment } from './require-experiment.ts';

export interface RaisedBudgetAnswer {
  id: string;
  status: RunStatus;
  /** False when the cap stood there already. */
  changed: boolean;
  maxCostUsd: number;
  spentUsd: number;
  /** Trials that are still to be made. */
  left: number;
  /** Judgements of answers that its judges still have to make. */
  leftScores: number;
}

/**
 * Raises what a run may cost. The plan and its hash stay as they were frozen. A run that goes on heeds the new cap with
 * its next row; one that its budget ended goes on with the trials that were not run, and is judged again. The same cap
 * again changes nothing.
 * @throws {SluiceError} conflict, when the run has no budget or did not end by it, or the cap would allow no call
 */
export async function raiseBudget({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; maxCostUsd: number; reason?: string };
}): Promise<RaisedBudgetAnswer> {
  const { projectId, actor } = ctx.principal;
  const { id, maxCostUsd } = input;
  const { plan, plan_hash: planHash } = await requireExperiment(ctx, id, 'given another budget');
  const answer = await ctx.db.transaction().execute(async (trx) => {
    const { status } = await lockRun(trx, id);
    const budget = await readBudget(trx, id, plan);
    if (budget === null) {
      throw refused(`run ${id} has no budget to raise`, 'Nothing stops it but its plan.');
    }
    const { planned, trials, scores } = await countLeft(trx, id, status);
    const facts = { spentUsd: budget.spentUsd, left: trials, leftScores: scores };
    if (maxCostUsd === budget.capUsd) return { status, changed: false, maxCostUsd, ...facts };
    if (maxCostUsd < budget.capUsd) {
      throw refused(
        `the budget of run ${id} is $${budget.capUsd}, and can only be raised: $${maxCostUsd} is less`,
        `Stop it now with \`sluice run abort ${id}\`, or hold it with \`sluice run pause ${id}\`.`,
      );
    }
    if (maxCostUsd <= budget.spentUsd) {
      throw refused(
        `run ${id} has spent $${money(budget.spentUsd)} already: a budget of $${maxCostUsd} allows no further call`,
        `Name more than that; ${trials} trials are left.`,
      );
    }
    // Of a run whose budget is used up: `retry` takes it on from here, and would be refused without this.
    const spent = budget.spentUsd >= budget.capUsd;
    if (status === 'aborted' || status === 'awaiting_approval' || (status === 'failed' && !spent)) {
      throw refused(
        `run ${id} is ${status.replace('_', ' ')}: no budget makes it go on`,
        status === 'failed'
          ? `Take its cause away, then \`sluice run retry ${id}\`.`
          : `See it with \`sluice run get ${id}\`.`,
      );
    }
    const goesOn = status === 'completed' && trials + scores > 0;
    if (status === 'completed' && !goesOn && !spent) {
      throw refused(
        `run ${id} made all of its ${planned} trials: its budget did not end it`,
        'Nothing is left to spend more on.',
      );
    }
    await raiseCap(trx, { runId: id, capUsd: maxCostUsd, actor });
    if (goesOn) await reopenRun(trx, id);
    const detail: { [key: string]: Json } = { planHash, fromUsd: budget.capUsd, toUsd: maxCostUsd };
    if (input.reason) detail.reason = input.reason;
    await appendAuditEvent(
      trx,
      { projectId, actor, verb: 'run.raise_budget', subject: `run:${id}`, detail },
      ctx.auditKey,
    );
    return { status, changed: true, maxCostUsd, ...facts };
  });
  if (answer.changed && isFinal(answer.status)) ctx.dispatch();
  const now = await findRun(ctx.db, projectId, id);
  return { ...answer, id, status: now?.status ?? answer.status };
}

function refused(message: string, fix: string): SluiceError {
  return new SluiceError({ code: 'conflict', message, fix });
}

/** In USD, without the noise of sums. */
function money(usd: number): string {
  return String(Number(usd.toPrecision(6)));
}
