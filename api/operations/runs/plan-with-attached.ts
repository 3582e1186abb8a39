import type { Plan } from '../../../schema/contracts/plan.ts';
import type { RunRow } from '../../../store/runs/find-run.ts';
import { listAttached } from '../../../store/scoring/list-attached.ts';
import type { SignedContext } from '../../context.ts';

/** The plan of a run with the evaluators that were attached since: for looking at its rows, never for deciding. */
export async function planWithAttached(ctx: SignedContext, run: RunRow): Promise<Plan> {
  const attached = (await listAttached(ctx.db, run.id)).filter(({ status }) => status === 'completed');
  if (attached.length === 0) return run.plan;
  return { ...run.plan, evaluators: [...run.plan.evaluators, ...attached.flatMap(({ evaluators }) => evaluators)] };
}
