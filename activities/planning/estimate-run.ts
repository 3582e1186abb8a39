import type { Plan } from '../../schema/contracts/plan.ts';
import type { VariantSample } from '../../schema/contracts/plan-preview.ts';

/**
 * Cost and duration of a run as its sample suggests. Cost: mean per call x trials, null unless every variant told its
 * cost. Duration: the longest of all calls through the run's lanes, and of each variant through its own limits; null
 * unless every variant answered.
 */
export function estimateRun(
  plan: Pick<Plan, 'variants' | 'repetitions' | 'concurrency'>,
  examples: number,
  sample: readonly VariantSample[],
): { costUsd: number | null; durationMs: number | null } {
  const trials = examples * plan.repetitions;
  let costUsd: number | null = 0;
  let workMs: number | null = 0;
  let slowestMs = 0;
  for (const { name, config } of plan.variants) {
    const one = sample.find(({ variant }) => variant === name);
    costUsd = costUsd === null || !one || one.costUsd === null ? null : costUsd + trials * one.costUsd;
    workMs = workMs === null || !one || one.latencyMs === null ? null : workMs + trials * one.latencyMs;
    const { concurrency, perSecond } = config.limits ?? {};
    if (perSecond !== undefined) slowestMs = Math.max(slowestMs, (trials / perSecond) * 1_000);
    if (concurrency !== undefined && one?.latencyMs) {
      slowestMs = Math.max(slowestMs, (trials * one.latencyMs) / concurrency);
    }
  }
  return { costUsd, durationMs: workMs === null ? null : Math.max(slowestMs, workMs / plan.concurrency) };
}
