import type { Plan } from '../../../schema/contracts/plan.ts';
import type { RunResult } from '../../../schema/contracts/result.ts';
import type { ExperimentSpec } from '../../../schema/contracts/spec.ts';
import { findRequest } from '../../../store/approvals/find-request.ts';
import { readApproval } from '../../../store/approvals/read-approval.ts';
import { summarizeRun } from '../../../store/runs/summarize-run.ts';
import type { SignedContext } from '../../context.ts';
import { getRollout } from '../rollouts/get-rollout.ts';
import { requireRun } from './require-run.ts';
import { showAttached } from './show-attached.ts';

/**
 * The result object of a run: frozen with its verdict; before, and without one, straight from the rows. While persons
 * are asked it says who has answered. Evaluators attached since it ended show beside it.
 */
export async function getRun({ ctx, input }: { ctx: SignedContext; input: { id: string } }): Promise<RunResult> {
  const run = await requireRun(ctx, input.id);
  if (run.kind === 'rollout') return getRollout(ctx, run);
  if (run.result && run.status === 'completed') return showAttached(ctx.db, run.result);
  if (run.result && run.status === 'awaiting_approval') {
    const request = await findRequest(ctx.db, { runId: run.id });
    return request ? { ...run.result, approval: await readApproval(ctx.db, request) } : run.result;
  }
  const summary = await summarizeRun(ctx.db, run.id);
  // Completed between the two looks: its decision is there now.
  const judged = summary.status === 'completed' || summary.status === 'awaiting_approval';
  return judged && summary.status !== run.status ? getRun({ ctx, input }) : showAttached(ctx.db, summary);
}

/** The spec as it was sent and the plan it became. */
export async function getSpec({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string };
}): Promise<{ spec: ExperimentSpec; plan: Plan; planHash: string }> {
  const run = await requireRun(ctx, input.id);
  return { spec: run.spec, plan: run.plan, planHash: run.plan_hash };
}
