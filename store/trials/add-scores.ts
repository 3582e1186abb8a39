import type { Store } from '../open-database.ts';
import type { NewScore } from './commit-trials.ts';

/** Adds scores to a trial that is stored; one that is there stays. */
export async function addScores(db: Store, trialId: string, scores: readonly NewScore[]): Promise<void> {
  if (scores.length === 0) return;
  await db
    .insertInto('score')
    .values(
      scores.map((score) => ({
        subject_id: trialId,
        evaluator_version_id: score.evaluatorVersionId,
        name: score.name,
        score: score.score,
        label: score.label,
        explanation: score.explanation,
        annotator_kind: score.annotatorKind,
        error: score.error,
        cost_usd: score.costUsd,
        input_tokens: score.inputTokens,
        output_tokens: score.outputTokens,
        detail: score.detail === null ? null : JSON.stringify(score.detail),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
