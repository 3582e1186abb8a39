import type { Plan } from '../../../schema/contracts/plan.ts';
import type { RunResult } from '../../../schema/contracts/result.ts';
import type { ExperimentSpec } from '../../../schema/contracts/spec.ts';
import { isFinal } from '../../../schema/contracts/words.ts';
import { summarizeRun } from '../../../store/runs/summarize-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from './require-run.ts';

/** The result object of a run: frozen when it is completed or failed, live before. */
export async function getRun({ ctx, input }: { ctx: SignedContext; input: { id: string } }): Promise<RunResult> {
  const run = await requireRun(ctx, input.id);
  if (run.result && isFinal(run.status)) return run.result;
  return summarizeRun(ctx.db, run.id);
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
