import type { Plan } from '../schema/contracts/plan.ts';
import type { RunResult } from '../schema/contracts/result.ts';
import type { CachedTrials } from '../store/runs/count-cached.ts';
import type { ScoreTally } from '../store/scoring/count-scores.ts';

/** Why trials are missing when the budget ended the run, and how to go on. */
export function budgetReason(plan: Plan, { id, counts, costUsd, budget }: RunResult): string[] {
  const made = counts.succeeded + counts.failed + counts.missing;
  if ((plan.budget ?? null) === null || made === counts.planned) return [];
  const cap = budget?.maxCostUsd ?? plan.budget?.maxCostUsd;
  const left = counts.planned - made;
  const spentUsd = costUsd ?? 0;
  const all = made === 0 ? '' : ` All of them would take about $${money((spentUsd / made) * counts.planned)}.`;
  return [
    `$${spentUsd.toFixed(2)} of the budget of $${cap} were spent after ${made} of ${counts.planned} trials; ${left} were not run.${all} To go on with the same run: \`sluice run budget ${id} --max-cost-usd USD\`.`,
  ];
}

/** Why scores are missing when the budget ended the judging. */
export function unscoredReason(plan: Plan, { id, costUsd, budget }: RunResult, scores: ScoreTally): string[] {
  const left = scores.toScore - scores.scored;
  if ((plan.budget ?? null) === null || left <= 0) return [];
  const cap = budget?.maxCostUsd ?? plan.budget?.maxCostUsd;
  return [
    `$${(costUsd ?? 0).toFixed(2)} of the budget of $${cap} were spent after ${scores.scored} of ${scores.toScore} scores of judges; ${left} were not made, and are missing. To go on with the same run: \`sluice run budget ${id} --max-cost-usd USD\`.`,
  ];
}

/** What repeating failed trials does to a comparison. */
export function retryWarnings(plan: Plan, { counts, retried = [] }: RunResult): string[] {
  const each = counts.planned / plan.variants.length;
  return retried.map(({ variant, trials, failedByAgent }) => {
    const made = `${trials} of ${each} trials of ${variant} failed and were made again`;
    if (failedByAgent === 0) return `${made}; the platform had failed, not the agent`;
    return `${made}, ${failedByAgent} of them after the agent failed: an agent that is asked until it answers looks better than it is`;
  });
}

/** What answers out of the cache leave unmeasured. */
export function cacheWarnings(cached: readonly CachedTrials[]): string[] {
  return cached.map(
    ({ variant, trials, of }) =>
      `${trials} of ${of} answers of ${variant} came from the cache: they have no latency, cost and tokens, and say nothing new about how often it fails`,
  );
}

/** Two digits are enough for an estimate. */
function money(usd: number): string {
  return String(Number(usd.toPrecision(2)));
}
