import { isLaneEvaluator } from '../schema/contracts/evaluator.ts';
import { ensurePlanScoring } from '../store/scoring/ensure-plan-scoring.ts';
import { freezeScoreShards } from '../store/scoring/freeze-score-shards.ts';
import { markScoringRunning } from '../store/scoring/mark-scoring-running.ts';
import { readScoring } from '../store/scoring/read-scoring.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failScoring } from './fail-scoring.ts';
import { shardSizeOf, windowOf } from './plan-experiment.ts';
import { probeJudge } from './scoring/probe-judge.ts';

/** A run's own judges that call something, or evaluators that were attached to it. */
export type PlanScoringInput = { runId: string } | { scoringId: string };

export interface PlanScoringOutput {
  scoringId: string;
  /** Numbers of the score shards that have something left; null when it cannot start (its row says why). */
  shards: number[] | null;
  /** Lanes of each place in the window: their sum is the run's concurrency. */
  lanes: number[];
}

/** Answers of a shard that costs no calls: large, since each shard costs round trips. */
const answersOfCode = 5_000;

/**
 * Freezes the shards of a scoring, and counts what each has left to score. May run again: then it returns what is left,
 * answers that came since among it.
 */
export async function planScoring(
  dependencies: ActivityDependencies,
  input: PlanScoringInput,
): Promise<PlanScoringOutput> {
  const { db } = dependencies;
  const scoringId = 'scoringId' in input ? input.scoringId : await ensurePlanScoring(db, input.runId);
  const scoring = await readScoring(db, scoringId);
  const { plan, evaluators } = scoring;
  const lanes = windowOf(plan.concurrency);
  if (scoring.kind === 'attached') {
    if (scoring.status === 'completed' || scoring.status === 'failed') return { scoringId, shards: null, lanes };
    const functions = await dependencies.loadFunctions();
    const problems = await Promise.all(evaluators.map(({ config }) => probeJudge(dependencies, functions, config)));
    const problem = problems.find((one) => one !== null);
    // One that is under way already lives with a judge that is down for a moment.
    if (problem && scoring.status === 'waiting') {
      await failScoring(dependencies, { scoringId, ...problem });
      return { scoringId, shards: null, lanes };
    }
    await markScoringRunning(db, scoringId);
  }
  const perExample = plan.variants.length * plan.repetitions;
  const codeOnly = evaluators.every(({ config }) => isLaneEvaluator(config));
  const shards = await freezeScoreShards(db, scoring, (examples) => {
    const answers = codeOnly
      ? Math.min(answersOfCode, Math.ceil((examples * perExample) / lanes.length))
      : shardSizeOf(examples * perExample, lanes.length);
    return Math.max(1, Math.ceil(answers / perExample));
  });
  return { scoringId, shards, lanes };
}
