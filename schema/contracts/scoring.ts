import type { ComparisonResult, FailureGroup, MetricResult } from './result.ts';

/** An evaluator that was added to a run after it had ended. Its metrics decide nothing. */
export interface AttachedEvaluator {
  name: string;
  version: number;
  /** When the scores were complete, ISO 8601. */
  at: string;
  /** Who asked for it. */
  by: string;
}

/** What attached evaluators measured; `runs.get` shows it beside the frozen result. */
export interface AttachedResult {
  evaluators: AttachedEvaluator[];
  metrics: MetricResult[];
  comparisons: ComparisonResult[];
  failures: FailureGroup[];
  warnings: string[];
}

/** How far a scoring is: the answer of `runs.scoring`. */
export interface ScoringProgress {
  id: string;
  runId: string;
  status: 'waiting' | 'running' | 'completed' | 'failed';
  evaluators: { name: string; version: number }[];
  /** Scores in all, one for each answer and evaluator; 0 before they are counted. */
  toScore: number;
  /** Scores stored so far, errors among them. */
  scored: number;
  /** Judgements that could not be made: missing scores, never zeros. */
  errors: number;
  costUsd: number | null;
  elapsedMs: number;
  error: { message: string; fix?: string } | null;
}

/** The answer of `runs.score`. */
export interface StartedScoring {
  /** The scoring that has (or makes) the scores; null when all of them are the run's own. */
  scoringId: string | null;
  runId: string;
  evaluators: { name: string; version: number }[];
  /** False when all of it had been asked before: nothing new was started. */
  created: boolean;
}
