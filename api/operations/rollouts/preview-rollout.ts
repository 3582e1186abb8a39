import { unitsUntilClear } from '../../../gates/rollout/units-until-clear.ts';
import type { RolloutSpec } from '../../../schema/contracts/rollout.ts';
import type { RolloutPlan } from '../../../schema/contracts/rollout-plan.ts';
import type { RolloutPreview } from '../../../schema/contracts/rollout-preview.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { newId } from '../../../schema/ids.ts';
import { countRecentUnits } from '../../../store/rollouts/count-recent-units.ts';
import { findMovingRollout } from '../../../store/rollouts/find-moving-rollout.ts';
import { listFreezeWindows } from '../../../store/traffic/freeze-windows.ts';
import type { SignedContext } from '../../context.ts';
import { resolveRolloutPlan } from './resolve-rollout-plan.ts';

const dayMs = 86_400_000;

/**
 * What a rollout of this spec would be: versions, caps and anchors as they would be frozen, how long its stages take at the traffic that
 * is declared or was seen. Nothing is started and nothing called.
 * @throws {SluiceError} what starting it would refuse; invalid_input for a `require: clear` that the traffic cannot reach in time
 */
export async function previewRollout({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { spec: RolloutSpec };
}): Promise<RolloutPreview> {
  const { spec } = input;
  const plan = await resolveRolloutPlan(ctx, { spec, runId: newId('run') });
  const traffic = await trafficOf(ctx, spec, plan);
  const guardrails = plan.metrics.filter(({ guardrail }) => guardrail);
  const before: { share: number; units: number }[] = [];
  const stages = plan.stages.map((stage, index): RolloutPreview['stages'][number] => {
    const { kind, minSamples, maxDurationMs } = stage;
    const share = kind === 'shadow' ? stage.shadow : stage.share;
    const minDurationMs = kind === 'shadow' ? 0 : stage.minDurationMs;
    const requireClear = kind === 'traffic' && stage.requireClear;
    const clear = requireClear
      ? guardrails.map((metric) => ({
          metric: metric.name,
          units: unitsUntilClear({ metric, share: pairShare(plan, share), before, harmAlpha: plan.harmAlpha }),
        }))
      : [];
    const needed = Math.max(minSamples / share, ...clear.map(({ units }) => units ?? Number.POSITIVE_INFINITY));
    const neededMs = traffic === null ? null : (needed / traffic.unitsPerDay) * dayMs;
    const slow = clear.filter(({ units }) => isTooSlow(units, traffic, maxDurationMs));
    if (slow[0] !== undefined) throw unreachable(index, slow[0], traffic, maxDurationMs);
    const expectedMs = neededMs === null ? null : Math.max(minDurationMs, neededMs);
    if (kind === 'traffic' && traffic !== null && expectedMs !== null) {
      const units = (traffic.unitsPerDay * Math.min(expectedMs, maxDurationMs)) / dayMs;
      before.push({ share: pairShare(plan, share), units });
    }
    const approvals = plan.approvals.stages[String(index + 1)] ?? 0;
    return {
      stage: index + 1,
      kind,
      share,
      minDurationMs,
      maxDurationMs,
      minSamples,
      requireClear,
      approvals,
      expectedMs,
      clear,
    };
  });
  const known = stages.flatMap(({ expectedMs }) => expectedMs ?? []);
  const k = Math.max(1, guardrails.length * plan.candidates.length);
  return {
    kind: 'rollout',
    name: spec.name,
    plan,
    traffic,
    stages,
    expectedMs: known.length === stages.length ? known.reduce((sum, ms) => sum + ms, 0) : null,
    falseAlarms: { harmAlpha: plan.harmAlpha, k, confidence: 1 - (2 * plan.harmAlpha) / k },
    warnings: await warningsOf(ctx, plan, stages, traffic),
  };
}

/** Each candidate is compared among the units of itself and control. */
function pairShare({ candidates }: RolloutPlan, share: number): number {
  return share / (share + (1 - share * candidates.length));
}

async function trafficOf(ctx: SignedContext, spec: RolloutSpec, plan: RolloutPlan): Promise<RolloutPreview['traffic']> {
  if (spec.traffic !== undefined) return { unitsPerDay: spec.traffic.unitsPerDay, source: 'declared' };
  const seen = await countRecentUnits(ctx.db, plan.agent.id);
  return seen === null ? null : { unitsPerDay: Math.round(seen), source: 'last_7_days' };
}

function isTooSlow(units: number | null, traffic: RolloutPreview['traffic'], maxDurationMs: number): boolean {
  if (units === null) return true;
  return traffic !== null && (units / traffic.unitsPerDay) * dayMs > maxDurationMs;
}

function unreachable(
  index: number,
  { metric, units }: { metric: string; units: number | null },
  traffic: RolloutPreview['traffic'],
  maxDurationMs: number,
): SluiceError {
  const needs =
    units === null
      ? 'no number of units is enough'
      : `about ${units} units are needed, and at ${traffic?.unitsPerDay} a day ${days((units / (traffic?.unitsPerDay ?? 1)) * dayMs)} go by`;
  return new SluiceError({
    code: 'invalid_input',
    message: `stages[${index}].require: ${metric} cannot be shown to be clear before maxDuration (${days(maxDurationMs)}): ${needs}`,
    fix: 'Give more traffic, a larger margin or a longer maxDuration, or leave `require: clear` out: harm rolls back all the same.',
  });
}

async function warningsOf(
  ctx: SignedContext,
  plan: RolloutPlan,
  stages: RolloutPreview['stages'],
  traffic: RolloutPreview['traffic'],
): Promise<string[]> {
  const warnings: string[] = [];
  const moving = await findMovingRollout(ctx.db, plan.agent.id);
  if (moving !== null) {
    warnings.push(`${moving.runId} moves the traffic of ${plan.agent.name} now: a start is refused until it has ended`);
  }
  for (const { from, to, reason } of await listFreezeWindows(ctx.db, ctx.principal.projectId)) {
    const until = to === null ? 'until somebody ends it' : `to ${to.toISOString()}`;
    warnings.push(`the project is frozen from ${from.toISOString()} ${until} (${reason}): nothing advances then`);
  }
  if (traffic === null) {
    warnings.push(
      'nobody knows how many units come: no durations can be told; declare `traffic: { unitsPerDay: N }` to see them',
    );
  }
  for (const { stage, expectedMs, maxDurationMs, minSamples } of stages) {
    if (expectedMs === null || expectedMs <= maxDurationMs) continue;
    warnings.push(
      `stage ${stage}: ${minSamples} units of the candidate take ${days(expectedMs)} at this traffic, longer than its maxDuration of ${days(maxDurationMs)}: then the policy answers ${plan.onTimeout}`,
    );
  }
  for (const { name, guardrail, anchorKnown, kind, thresholdMs } of plan.metrics) {
    if (!guardrail || anchorKnown) continue;
    const what =
      kind === 'duration' && thresholdMs === null
        ? "control's p95 is not known, so that it is compared by its mean"
        : "control's mean is not known, so that the first units only find it";
    warnings.push(`${name}: ${what}; declare controlMean, or require an experiment`);
  }
  if (plan.metrics.every(({ guardrail }) => !guardrail)) warnings.push('no metric is a guardrail: harm is not seen');
  if (plan.approvals.promote === 0 && plan.requires === null) {
    warnings.push('nobody approves the promotion, and no experiment is required: automation alone decides');
  }
  if (plan.cadenceMs > 15_000) warnings.push('a cadence above 15 s changes nothing: each look renews the lease');
  return warnings;
}

function days(ms: number): string {
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 2 * dayMs ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / dayMs).toFixed(1)} days`;
}
