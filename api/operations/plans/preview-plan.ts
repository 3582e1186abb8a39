import { suggest } from '../../../schema/contracts/parse-input.ts';
import type { Plan } from '../../../schema/contracts/plan.ts';
import type { PlanPreview } from '../../../schema/contracts/plan-preview.ts';
import type { ExperimentSpec } from '../../../schema/contracts/spec.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { newId } from '../../../schema/ids.ts';
import { addPreview } from '../../../store/plans/add-preview.ts';
import { dropPreview, takePreviewAnswer } from '../../../store/plans/take-preview.ts';
import type { SignedContext } from '../../context.ts';
import { resolvePlan } from '../runs/resolve-plan.ts';

const patienceMs = 60_000;
const lookEveryMs = 1_000;

/**
 * What a run of this spec would be: names resolved, five calls of each variant, cost, duration, what it can show.
 * A worker does the calling. Nothing is started, and nothing stays.
 *
 * @throws {SluiceError} what starting it would refuse; unavailable when no worker answers within a minute
 */
export async function previewPlan({
  ctx,
  input,
  signal,
}: {
  ctx: SignedContext;
  input: { spec: ExperimentSpec; limit?: number; effects?: Record<string, number> };
  signal: AbortSignal | undefined;
}): Promise<PlanPreview> {
  const plan = await resolveOnly(ctx, input);
  requireMetrics(plan, input.effects ?? {});
  const id = newId('pln');
  const { name } = input.spec;
  await ctx.db
    .transaction()
    .execute((trx) =>
      addPreview(trx, { id, projectId: ctx.principal.projectId, name, plan, declaredEffects: input.effects ?? {} }),
    );
  ctx.dispatch();
  const end = Date.now() + patienceMs;
  while (Date.now() < end && !signal?.aborted) {
    const change = ctx.nextChange(id, Math.min(lookEveryMs, end - Date.now()), signal);
    const answer = await takePreviewAnswer(ctx.db, id);
    if (answer?.ok) return { name, plan, ...answer.measurement };
    if (answer) throw new SluiceError(answer.error);
    await change;
  }
  await dropPreview(ctx.db, id);
  throw new SluiceError({
    code: 'unavailable',
    message: `no worker measured the plan of "${name}" within ${patienceMs / 1_000} s`,
    fix: 'Is a worker running? `sluice doctor` tells. The spec itself is in order: `sluice run start` would take it.',
  });
}

/** Resolves the plan without leaving the evaluator versions behind that a start would make. */
async function resolveOnly(ctx: SignedContext, input: { spec: ExperimentSpec; limit?: number }): Promise<Plan> {
  const trx = await ctx.db.startTransaction().execute();
  try {
    return await resolvePlan({ ...ctx, db: trx }, input);
  } finally {
    await trx.rollback().execute();
  }
}

/** An effect on a metric that nothing measures would be passed over in silence. */
function requireMetrics(plan: Plan, effects: Record<string, number>): void {
  const known = plan.evaluators.map(({ config }) => config.name);
  for (const metric of Object.keys(effects)) {
    if (known.includes(metric)) continue;
    throw new SluiceError({
      code: 'invalid_input',
      message: `an effect is declared for "${metric}", and no evaluator has that name${suggest(metric, known)}`,
      fix: known.length === 0 ? 'The spec has no evaluators.' : `Its evaluators are: ${known.join(', ')}.`,
    });
  }
}
