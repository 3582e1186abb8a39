import type { GoldenCase } from '../../../schema/contracts/dataset.ts';
import type { Json } from '../../../schema/contracts/json.ts';
import { type ExampleAnswer, loadAnswers } from '../../../store/runs/load-answers.ts';
import type { SignedContext } from '../../context.ts';
import { planWithAttached } from './plan-with-attached.ts';
import { requireExperiment } from './require-experiment.ts';

export interface ChangedExample {
  id: string;
  change: 'improved' | 'regressed' | 'flaky';
  input: Json;
  expected: Json | null;
  /** Of a golden case that says so: who owns it, and why it must not break. */
  golden: GoldenCase | null;
  answers: ExampleAnswer[];
}

/** Examples on which a candidate did better or worse than control in one metric, with what each of them answered. */
export async function listExamples({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: {
    id: string;
    metric: string;
    candidate?: string;
    change?: 'improved' | 'regressed' | 'flaky';
    limit: number;
  };
}): Promise<{ candidate: string; improved: number; regressed: number; examples: ChangedExample[] }> {
  const run = await requireExperiment(ctx, input.id, 'read example by example');
  const changes = await ctx.analyst.run('findChanges', {
    runId: run.id,
    plan: await planWithAttached(ctx, run),
    metric: input.metric,
    candidate: input.candidate,
    change: input.change,
    limit: input.limit,
  });
  const answers = await loadAnswers(ctx.db, run.id, {
    exampleIds: changes.examples.map((one) => one.id),
    variants: ['control', changes.candidate],
  });
  return {
    ...changes,
    examples: changes.examples.flatMap((one) => {
      const found = answers.get(one.id);
      return found ? [{ ...one, ...found }] : [];
    }),
  };
}
