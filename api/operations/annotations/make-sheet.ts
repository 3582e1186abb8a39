import { type LabelledSubject, sampleTrials } from '../../../store/annotations/sample-trials.ts';
import { findEvaluatorVersion } from '../../../store/evaluators/find-evaluator-version.ts';
import type { SignedContext } from '../../context.ts';
import { requireExperiment } from '../runs/require-experiment.ts';
import { requirePerson } from './require-person.ts';

/**
 * Outputs of a run to label, blind: without variants and without what any judge said. `more` of those asked for did not
 * fit the answer; once these are labelled the next sheet has them.
 */
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
}): Promise<{ name: string | null; subjects: LabelledSubject[]; more: number }> {
  const person = requirePerson(ctx);
  const run = await requireExperiment(ctx, input.run, 'annotated');
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
  const sheet = await sampleTrials(ctx.db, {
    runId: run.id,
    sample: input.sample ?? null,
    seed: input.seed,
    evaluatorVersionIds: asked === null ? null : [asked],
    name,
    personId: person.id,
  });
  return { name, ...sheet };
}
