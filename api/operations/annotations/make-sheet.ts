import { type LabelledSubject, sampleTrials } from '../../../store/annotations/sample-trials.ts';
import { findEvaluatorVersion } from '../../../store/evaluators/find-evaluator-version.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from '../runs/require-run.ts';
import { requirePerson } from './require-person.ts';

/** Outputs of a run to label, blind: without variants and without what any judge said. */
export async function makeSheet({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: {
    run: string;
    name?: string | undefined;
    sample?: number | undefined;
    seed: string;
    /** Only what this judge judged. */
    judge?: { name: string; version: number | 'latest' } | undefined;
  };
}): Promise<{ name: string | null; subjects: LabelledSubject[] }> {
  const person = requirePerson(ctx);
  const run = await requireRun(ctx, input.run);
  const { judge } = input;
  const name = input.name ?? judge?.name ?? null;
  const { projectId } = ctx.principal;
  const inRun = run.plan.evaluators.find(({ config }) => config.name === judge?.name)?.versionId;
  const asked =
    judge === undefined
      ? null
      : judge.version === 'latest' && inRun !== undefined
        ? inRun
        : (await findEvaluatorVersion(ctx.db, { projectId, ...judge })).versionId;
  const subjects = await sampleTrials(ctx.db, {
    runId: run.id,
    sample: input.sample ?? null,
    seed: input.seed,
    evaluatorVersionIds: asked === null ? null : [asked],
    name,
    personId: person.id,
  });
  return { name, subjects };
}
