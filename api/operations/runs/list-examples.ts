import { changedExamples } from '../../../gates/changed-examples.ts';
import type { Json } from '../../../schema/contracts/json.ts';
import { suggest } from '../../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { type ExampleAnswer, loadAnswers } from '../../../store/runs/load-answers.ts';
import { loadEvidence } from '../../../store/runs/load-evidence.ts';
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
  const evidence = await loadEvidence(ctx.db, run.id, run.plan);
  const candidate = input.candidate ?? evidence.candidates[0] ?? '';
  requireOne('candidate', candidate, evidence.candidates);
  requireOne(
    'metric',
    input.metric,
    evidence.metrics.map((metric) => metric.name),
  );
  const changed = changedExamples(evidence, input.metric, candidate);
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

function requireOne(what: string, found: string, known: string[]): void {
  if (known.includes(found)) return;
  throw new SluiceError({
    code: 'invalid_input',
    message: `the run has no ${what} "${found}"${suggest(found, known)}`,
    fix: `It has: ${known.join(', ')}.`,
  });
}
