import { durationMs } from '../../../schema/contracts/duration.ts';
import type { RolloutMetric, RolloutSpec } from '../../../schema/contracts/rollout.ts';
import type { RolloutPlanMetric } from '../../../schema/contracts/rollout-plan.ts';
import { scaleValue } from '../../../schema/contracts/scale-value.ts';
import { type BuiltinMetric, builtinMetrics } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import type { ControlMeasurements } from '../../../store/rollouts/measure-control.ts';

/**
 * A metric of a rollout with all that turns a unit's values into y in [0, 1], frozen before the first unit (DESIGN §7 "Scaling"): caps of
 * money and counts are control's P99.5, the latency threshold its p95, from the last 30 days, else from the required experiment,
 * else declared.
 * @throws {SluiceError} invalid_input, naming the place and what to declare
 */
export function planMetric(
  metric: RolloutMetric,
  context: {
    path: string;
    measured: ControlMeasurements;
    evaluators: NonNullable<RolloutSpec['evaluators']>;
  },
): RolloutPlanMetric {
  const { path, measured } = context;
  const name = metric.metric;
  const builtin = name in builtinMetrics ? builtinMetrics[name as BuiltinMetric] : null;
  const isEvaluator = context.evaluators.some(({ use }) => use.split('@')[0] === name);
  const source = metric.source ?? (builtin ? 'builtin' : isEvaluator ? 'evaluator' : 'outcome');
  const kind = builtin?.kind ?? metric.kind ?? 'binary';
  const direction = metric.direction ?? builtin?.direction ?? 'higher';
  if (source === 'evaluator' && !isEvaluator) {
    throw invalid(
      `${path}.source`,
      `no evaluator of this rollout says ${name}`,
      `Say which one is asked: \`evaluators: [{ use: ${name}, sample: 0.2 }]\`.`,
    );
  }
  const ofPerson = source === 'outcome' || source === 'feedback';
  if (ofPerson && metric.guardrail && metric.silence === undefined) {
    throw invalid(
      `${path}.silence`,
      `the guardrail ${name} says nothing of units that send no value`,
      'Say what silence counts as: `silence: 0`, another value, or `exclude`.',
    );
  }
  const known = measured[name];
  // A duration guardrail is "above control's p95" where that is known; declared, its cap bounds it like the others.
  const needsBound = kind === 'money' || kind === 'count' || kind === 'duration';
  const cap = metric.cap ?? known?.p995 ?? null;
  if (needsBound && metric.range === undefined && cap === null) {
    throw invalid(
      `${path}.cap`,
      `nothing is known of the largest values of ${name}: control has no calls of the last 30 days, and no experiment is required`,
      "Declare it: `cap: 0.05` in the metric's own unit, or require an experiment: `requires: { experiment: passed }`.",
    );
  }
  const isUndeclared = metric.range === undefined && metric.cap === undefined;
  const threshold = kind === 'duration' && metric.guardrail && isUndeclared ? (known?.p95 ?? null) : null;
  const range: [number, number] = metric.range ?? [0, needsBound ? (cap ?? 1) : 1];
  if (!(range[1] > range[0]))
    throw invalid(
      `${path}.range`,
      `found [${range.join(', ')}]`,
      'Give the smallest and the largest value, in this order.',
    );
  const scale = { range, direction, thresholdMs: threshold };
  const mean = metric.controlMean ?? known?.mean ?? null;
  const fixedAnchor = name === 'errorRate' || metric.zeroTolerance !== undefined ? 1 : 0.5;
  const anchor = threshold !== null ? 0.95 : mean === null ? fixedAnchor : scaleValue(scale, mean);
  return {
    name,
    source,
    kind,
    direction,
    perUnit: metric.perUnit ?? 'last',
    attributionWindowMs:
      metric.attributionWindow === undefined ? (ofPerson ? 3_600_000 : 0) : durationMs(metric.attributionWindow),
    silence: metric.silence === undefined || metric.silence === 'exclude' ? null : metric.silence,
    range,
    thresholdMs: threshold,
    guardrail: metric.guardrail ?? false,
    goal: metric.goal ?? null,
    margin: marginOf(metric, path, mean),
    harmBeyond: metric.harmBeyond ?? 0,
    zeroTolerance: metric.zeroTolerance ?? null,
    anchor,
    anchorKnown: mean !== null || threshold !== null,
    sample: context.evaluators.find(({ use }) => use.split('@')[0] === name)?.sample ?? 1,
  };
}

function marginOf(metric: RolloutMetric, path: string, mean: number | null): number | null {
  if (metric.margin !== undefined) return metric.margin;
  if (metric.marginRelative === undefined) return null;
  if (mean !== null) return Math.abs(metric.marginRelative * mean);
  throw invalid(
    `${path}.marginRelative`,
    `control's mean of ${metric.metric} is not known yet`,
    "Give `margin` in the metric's own unit, or `controlMean`.",
  );
}

function invalid(path: string, what: string, fix: string): SluiceError {
  return new SluiceError({ code: 'invalid_input', message: `${path}: ${what}`, fix });
}
