import { judgeExperiment } from '../gates/judge-experiment.ts';
import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';
import type { AttachedResult } from '../schema/contracts/scoring.ts';
import { groupFailures } from '../store/runs/group-failures.ts';
import { loadEvidence } from '../store/runs/load-evidence.ts';
import { endScoring } from '../store/scoring/end-scoring.ts';
import { readScoring, type ScoringOrders } from '../store/scoring/read-scoring.ts';
import type { ActivityDependencies } from './dependencies.ts';

/**
 * Measures and compares what attached evaluators scored, by the functions that judge a run, and ends the scoring. The
 * run's verdict, decision and evidence stay as they are: an attached metric decides nothing.
 */
export async function judgeScoring(
  { db }: ActivityDependencies,
  { scoringId }: { scoringId: string },
): Promise<{ metrics: number }> {
  const scoring = await readScoring(db, scoringId);
  const names = scoring.evaluators.map(({ config }) => config.name);
  const evidence = await loadEvidence(db, scoring.runId, { ...scoring.plan, evaluators: scoring.evaluators });
  const failures = await groupFailures(db, scoring.runId);
  const result: AttachedResult = {
    ...compareAttached(scoring, onlyMetrics(evidence, names)),
    evaluators: scoring.evaluators.map(({ config, version }) => ({
      name: config.name,
      version,
      at: new Date().toISOString(),
      by: scoring.requestedBy,
    })),
    failures: failures.filter(({ errorClass }) => names.some((name) => errorClass === `evaluator ${name}`)),
  };
  await endScoring(db, scoringId, { result });
  return { metrics: result.metrics.length };
}

function compareAttached(
  { plan, planHash }: ScoringOrders,
  evidence: ExperimentEvidence,
): Pick<AttachedResult, 'metrics' | 'comparisons' | 'warnings'> {
  const { slices } = plan.gate.policy ?? {};
  const policy = {
    criteria: evidence.metrics.map(({ name }) => ({ metric: name, hypothesis: 'no_regression' as const })),
    ...(slices === undefined ? {} : { slices }),
  };
  const { metrics, comparisons, warnings } = judgeExperiment(policy, evidence, { seed: planHash });
  return { metrics, comparisons, warnings };
}

function onlyMetrics(evidence: ExperimentEvidence, names: string[]): ExperimentEvidence {
  return { ...evidence, metrics: evidence.metrics.filter(({ name }) => names.includes(name)) };
}
