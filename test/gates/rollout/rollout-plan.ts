import type { StratumCounts } from '../../../schema/contracts/rollout-look.ts';
import type { RolloutPlan, RolloutPlanMetric, RolloutStage } from '../../../schema/contracts/rollout-plan.ts';

/** A pass/fail outcome guardrail, higher is better, whose control mean is known to be 0.7. */
export function resolved(more: Partial<RolloutPlanMetric> = {}): RolloutPlanMetric {
  return {
    name: 'resolved',
    source: 'outcome',
    kind: 'binary',
    direction: 'higher',
    perUnit: 'last',
    attributionWindowMs: 0,
    silence: 0,
    range: [0, 1],
    thresholdMs: null,
    guardrail: true,
    goal: null,
    margin: 0.05,
    harmBeyond: 0,
    zeroTolerance: null,
    anchor: 0.7,
    anchorKnown: true,
    sample: 1,
    ...more,
  };
}

export function stage(share: number, more: Partial<RolloutStage & { kind: 'traffic' }> = {}): RolloutStage {
  return {
    kind: 'traffic',
    share,
    minDurationMs: 0,
    minSamples: 200,
    maxDurationMs: 86_400_000,
    requireClear: false,
    ...more,
  };
}

export function rolloutPlan(more: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    kind: 'rollout',
    strategy: 'canary',
    agent: { id: 'agt_1', name: 'support-bot' },
    controlVersion: 3,
    candidates: [{ name: 'candidate', version: 4 }],
    unit: 'session',
    seed: 'seed',
    hashVersion: 2,
    rerandomize: 'never',
    stages: [stage(0.5)],
    metrics: [resolved()],
    evaluators: [],
    harmAlpha: 0.05,
    cadenceMs: 15_000,
    onHarm: 'roll_back',
    onTimeout: 'roll_back',
    onNoData: 'roll_back',
    srmGraceMs: 3_600_000,
    sessions: 'kill',
    conditions: [],
    force: {},
    watch: null,
    approvals: { stages: {}, promote: 0, ttlMs: 86_400_000, escalateTo: null },
    requires: null,
    budget: null,
    ...more,
  };
}

export function stratum(more: Partial<StratumCounts> = {}): StratumCounts {
  return {
    stratum: 0,
    stage: 0,
    shares: { control: 0.5, candidate: 0.5 },
    anchors: { resolved: 0.7 },
    exposures: { control: 0, candidate: 0 },
    bins: {},
    ...more,
  };
}

/** Adds one unit with a final value. */
export function count(counts: StratumCounts, metric: string, variant: string, bin: number, units = 1): void {
  counts.exposures[variant] = (counts.exposures[variant] ?? 0) + units;
  counts.bins[metric] ??= {};
  const byVariant = counts.bins[metric];
  byVariant[variant] ??= new Float64Array(101);
  (byVariant[variant] as Float64Array)[bin] = ((byVariant[variant] as Float64Array)[bin] ?? 0) + units;
}
