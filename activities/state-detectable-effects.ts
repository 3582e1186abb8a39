import { detectableEffects } from '../gates/detectable-effects.ts';
import { kindOfEvaluator } from '../schema/contracts/evaluator.ts';
import type { Plan } from '../schema/contracts/plan.ts';
import type { Store } from '../store/open-database.ts';
import { findEarlierResult } from '../store/runs/find-earlier-result.ts';
import { measurePlan } from '../store/runs/measure-plan.ts';
import { setDetectableEffects } from '../store/runs/set-detectable-effects.ts';

/** Writes to the run what it can show, before its first call; the second time what was stated stands. */
export async function stateDetectableEffects(db: Store, runId: string, plan: Plan): Promise<void> {
  const [{ examples, clusters }, earlier] = await Promise.all([measurePlan(db, runId), findEarlierResult(db, runId)]);
  if (examples === 0 || plan.evaluators.length === 0) return;
  const effects = detectableEffects({
    policy: plan.gate.policy,
    metrics: plan.evaluators.map(({ config }) => ({ name: config.name, kind: kindOfEvaluator(config) })),
    size: { examples, clusters, repetitions: plan.repetitions },
    earlier,
  });
  await setDetectableEffects(db, runId, effects);
}
