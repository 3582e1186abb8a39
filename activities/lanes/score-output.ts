import { NoJudgement } from '../../evaluators/no-judgement.ts';
import type { Evaluator, EvaluatorInput, Judged } from '../../schema/contracts/call.ts';
import type { NewScore } from '../../store/trials/commit-trials.ts';
import { cleanMessage } from './clean-message.ts';

/** Asks a judge about one output. Whatever it does ends as a score: an error is a missing one, never a zero. */
export async function scoreOutput(versionId: string, evaluator: Evaluator, input: EvaluatorInput): Promise<NewScore> {
  try {
    return scoreOf(versionId, evaluator, await evaluator.evaluate(input));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // A judge that was asked and gave no judgement has cost something all the same.
    const usage = error instanceof NoJudgement ? error.usage : undefined;
    const missing = scoreOf(versionId, evaluator, { score: null, ...(usage === undefined ? {} : { usage }) });
    return { ...missing, error: cleanMessage(message) };
  }
}

/** A judgement as a row. */
export function scoreOf(versionId: string, evaluator: Evaluator, judged: Judged): NewScore {
  const finite = judged.score === null || Number.isFinite(judged.score);
  return {
    evaluatorVersionId: versionId,
    name: evaluator.name,
    score: finite ? judged.score : null,
    label: judged.label === undefined ? null : cleanMessage(judged.label),
    explanation: judged.explanation === undefined ? null : cleanMessage(judged.explanation),
    error: finite ? null : `the score is ${judged.score}, expected a number or null`,
    annotatorKind: 'CODE',
    costUsd: judged.usage?.costUsd ?? null,
    inputTokens: judged.usage?.inputTokens ?? null,
    outputTokens: judged.usage?.outputTokens ?? null,
    detail: judged.detail ?? null,
  };
}
