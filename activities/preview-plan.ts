import { cancellationSignal } from '@temporalio/activity';
import { chanceUndecided } from '../gates/chance-undecided.ts';
import { detectableEffects } from '../gates/detectable-effects.ts';
import { kindOfEvaluator } from '../schema/contracts/evaluator.ts';
import type { Plan } from '../schema/contracts/plan.ts';
import type { PlanMeasurement } from '../schema/contracts/plan-preview.ts';
import { SluiceError } from '../schema/errors.ts';
import { answerPreview } from '../store/plans/answer-preview.ts';
import { findPreview } from '../store/plans/find-preview.ts';
import { measureDataset } from '../store/plans/measure-dataset.ts';
import { findLatestResult } from '../store/runs/find-latest-result.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { agentWarnings } from './planning/agent-warnings.ts';
import { estimateRun } from './planning/estimate-run.ts';
import { planWarnings } from './planning/plan-warnings.ts';
import { sampleVariant } from './planning/sample-variant.ts';

const sampleSize = 5;
/** Who asked waits a minute. */
const deadlineMs = 45_000;

/**
 * Measures a plan for `sluice plan`: counts its examples, calls every variant on five of them, estimates. Answers the
 * row of the question; does nothing when nobody waits for it any more.
 */
export async function previewPlan(
  dependencies: ActivityDependencies,
  { previewId }: { previewId: string },
): Promise<void> {
  const { db } = dependencies;
  const asked = await findPreview(db, previewId);
  if (!asked || asked.answer !== null) return;
  try {
    await answerPreview(db, previewId, { ok: true, measurement: await measure(dependencies, asked) });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { code, message, fix, details } = error;
    await answerPreview(db, previewId, { ok: false, error: { code, message, details, ...(fix ? { fix } : {}) } });
  }
}

async function measure(
  dependencies: ActivityDependencies,
  asked: { id: string; project_id: string; name: string; plan: Plan; declared_effects: Record<string, number> },
): Promise<PlanMeasurement> {
  const { db } = dependencies;
  const { plan } = asked;
  const functions = await dependencies.loadFunctions();
  const { sample: examples, ...size } = await measureDataset(db, plan, sampleSize);
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(deadlineMs)]);
  const request = { previewId: asked.id, plan, examples, functions, deadlineMs, signal };
  const sampled = await Promise.all(plan.variants.map((variant) => sampleVariant(dependencies, variant, request)));
  const sample = sampled.map((one) => one.sample);
  const estimated = estimateRun(plan, size.examples, sample);
  const stated =
    size.examples === 0
      ? []
      : detectableEffects({
          policy: plan.gate.policy,
          metrics: plan.evaluators.map(({ config }) => ({ name: config.name, kind: kindOfEvaluator(config) })),
          size: { examples: size.examples, clusters: size.clusters, repetitions: plan.repetitions },
          earlier: await findLatestResult(db, { projectId: asked.project_id, name: asked.name }),
        });
  const measured = {
    ...size,
    trials: size.examples * plan.repetitions * plan.variants.length,
    sample,
    calls: sampled.flatMap((one) => one.calls),
    estimatedCostUsd: estimated.costUsd,
    estimatedDurationMs: estimated.durationMs,
    detectableEffects: stated,
    undecided: (plan.gate.policy?.criteria ?? []).flatMap((criterion) => {
      const effect = asked.declared_effects[criterion.metric];
      const known = stated.find(({ metric }) => metric === criterion.metric);
      if (effect === undefined || !known || criterion.split !== undefined || criterion.slice !== undefined) return [];
      return chanceUndecided(criterion, known, effect) ?? [];
    }),
  };
  return { ...measured, warnings: [...planWarnings(plan, measured), ...(await agentWarnings(db, plan, measured))] };
}
