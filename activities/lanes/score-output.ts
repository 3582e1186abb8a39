import type { Evaluator, EvaluatorInput } from '../../schema/contracts/call.ts';
import type { NewScore } from '../../store/trials/commit-trials.ts';
import { cleanMessage } from './clean-message.ts';

/** Asks a judge about one output. Whatever it does ends as a score: an error is a missing one, never a zero. */
export async function scoreOutput(versionId: string, evaluator: Evaluator, input: EvaluatorInput): Promise<NewScore> {
  const base = { evaluatorVersionId: versionId, name: evaluator.name };
  try {
    const judged = await evaluator.evaluate(input);
    const finite = judged.score === null || Number.isFinite(judged.score);
    return {
      ...base,
      score: finite ? judged.score : null,
      label: judged.label === undefined ? null : cleanMessage(judged.label),
      explanation: judged.explanation === undefined ? null : cleanMessage(judged.explanation),
      error: finite ? null : `the score is ${judged.score}, expected a number or null`,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...base, score: null, label: null, explanation: null, error: cleanMessage(message) };
  }
}
