import type { Json } from '../../../schema/contracts/json.ts';
import { type ExampleAnswer, loadAnswers } from '../../../store/runs/load-answers.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from './require-run.ts';

export interface ChangedExample {
  id: string;
  change: 'improved' | 'regressed' | 'flaky';
  input: Json;
  expected: Json | null;
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
  const run = await requireRun(ctx, input.id);
  const { candidate, ...changed } = await ctx.analyst.run('findChanges', {
    runId: run.id,
    plan: run.plan,
    metric: input.metric,
    candidate: input.candidate,
  });
  const kinds = input.change ? [input.change] : (['regressed', 'improved', 'flaky'] as const);
  const chosen = kinds.flatMap((change) => changed[change].map((id) => ({ id, change }))).slice(0, input.limit);
  const answers = await loadAnswers(ctx.db, run.id, {
    exampleIds: chosen.map((one) => one.id),
    variants: ['control', candidate],
  });
  return {
    candidate,
    improved: changed.improved.length,
    regressed: changed.regressed.length,
    examples: chosen.flatMap((one) => {
      const found = answers.get(one.id);
      return found ? [{ ...one, ...found }] : [];
    }),
  };
}
