import type { Plan } from '../../../schema/contracts/plan.ts';
import type { RunResult } from '../../../schema/contracts/result.ts';
import type { ExperimentSpec } from '../../../schema/contracts/spec.ts';
import { summarizeRun } from '../../../store/runs/summarize-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from './require-run.ts';

/** The result object of a run: frozen with its decision; before, and without one, straight from the rows. */
export async function getRun({ ctx, input }: { ctx: SignedContext; input: { id: string } }): Promise<RunResult> {
  const run = await requireRun(ctx, input.id);
  if (run.result && run.status === 'completed') return run.result;
  const summary = await summarizeRun(ctx.db, run.id);
  // Completed between the two looks: its decision is there now.
  return summary.status === 'completed' && run.status !== 'completed' ? getRun({ ctx, input }) : summary;
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
