import type { Store } from '../open-database.ts';
import type { FinishedTrial } from '../trials/commit-trials.ts';

/**
 * Stores how a re-run ended. First write wins. Of the calls noted by this attempt only those that reached the agent
 * stay counted.
 */
export async function commitConfirmation(db: Store, trial: FinishedTrial, notedCalls: number): Promise<void> {
  const scores = Object.fromEntries(trial.scores.map(({ name, score }) => [name, score]));
  await db
    .updateTable('confirmation')
    .set((eb) => ({
      calls: eb('calls', '+', trial.attempts - notedCalls),
      status: trial.status,
      error_class: trial.errorClass,
      caused_by: trial.causedBy,
      error_message: trial.errorMessage,
      latency_ms: trial.latencyMs,
      input_tokens: trial.inputTokens,
      output_tokens: trial.outputTokens,
      cost_usd: trial.costUsd,
      steps: trial.steps,
      output: trial.output === undefined ? null : JSON.stringify(trial.output),
      scores: JSON.stringify(scores),
      model: trial.model,
      revision: trial.revision,
      trace_id: trial.traceId,
      finished_at: new Date(),
    }))
    .where('run_id', '=', trial.runId)
    .where('variant', '=', trial.variant)
    .where('example_id', '=', trial.exampleId)
    .where('repetition', '=', trial.repetition)
    .where('status', 'is', null)
    .execute();
}
