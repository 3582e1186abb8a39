import type { Plan } from '../../../schema/contracts/plan.ts';
import type { RunRow } from '../../../store/runs/find-run.ts';
import { listAttached } from '../../../store/scoring/list-attached.ts';
import type { SignedContext } from '../../context.ts';

/** The plan of a run with the evaluators that were attached since: for looking at its rows, never for deciding. */
export async function planWithAttached(ctx: SignedContext, run: RunRow): Promise<Plan> {
  const attached = (await listAttached(ctx.db, run.id)).filter(({ status }) => status === 'completed');
  if (attached.length === 0) return run.plan;
  // One that was asked again is there twice.
  const byVersion = new Map(attached.flatMap(({ evaluators }) => evaluators.map((one) => [one.versionId, one])));
  return { ...run.plan, evaluators: [...run.plan.evaluators, ...byVersion.values()] };
}
