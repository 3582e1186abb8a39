import type { Condition } from './rollout.ts';
import type { Direction, MetricKind } from './words.ts';

/** A rollout as it will run: every default written out, every cap and threshold frozen. Stored in `run.plan`. */
export interface RolloutPlan {
  kind: 'rollout';
  strategy: 'canary' | 'ab_test';
  agent: { id: string; name: string };
  /** The production version when the run was accepted. */
  controlVersion: number;
  /** `candidate`, or `v4`, `v5`, … where there are several. */
  candidates: { name: string; version: number }[];
  unit: 'session' | 'user';
  /** New for each rollout. */
  seed: string;
  hashVersion: 2;
  rerandomize: 'never' | 'each_stage';
  stages: RolloutStage[];
  metrics: RolloutPlanMetric[];
  evaluators: { name: string; versionId: string; version: number; sample: number }[];
  harmAlpha: number;
  cadenceMs: number;
  onHarm: 'roll_back' | 'hold';
  onTimeout: 'roll_back' | 'hold' | 'advance';
  onNoData: 'roll_back' | 'hold';
  srmGraceMs: number;
  sessions: 'drain' | 'kill';
  conditions: Condition[];
  force: Record<string, string>;
  watch: { durationMs: number; holdback: number } | null;
  approvals: { stages: Record<string, number>; promote: number; ttlMs: number; escalateTo: string | null };
  /** The experiment that had to pass, where one was required. */
  requires: { experimentRunId: string } | null;
  budget: { maxCostUsd: number } | null;
}

export type RolloutStage =
  | { kind: 'shadow'; shadow: number; minSamples: number; maxDurationMs: number }
  | {
      kind: 'traffic';
      /** Of each candidate. */
      share: number;
      minDurationMs: number;
      minSamples: number;
      maxDurationMs: number;
      requireClear: boolean;
    };

/** A metric with all that turns a unit's values into y in [0, 1], up is good (research: rollout-test). */
export interface RolloutPlanMetric {
  name: string;
  source: 'evaluator' | 'outcome' | 'feedback' | 'trace' | 'builtin';
  kind: MetricKind;
  direction: Direction;
  perUnit: 'mean' | 'any' | 'last' | 'sum';
  attributionWindowMs: number;
  /** Value of a unit that has none once its window is closed; null = such units are left out. */
  silence: number | null;
  /** Own unit: where y is 0 and 1 before the direction is applied; values beyond count as the bound. */
  range: [number, number];
  /** A latency guardrail is the binary "above control's p95": the threshold, frozen; null else. */
  thresholdMs: number | null;
  guardrail: boolean;
  goal: 'superior' | null;
  /** Own unit; null = `clear` cannot be asked for. */
  margin: number | null;
  /** Own unit. */
  harmBeyond: number;
  zeroTolerance: number | null;
  /** h of the first stratum, scaled, up is good. */
  anchor: number;
  /** Declared, or measured before: else a second stratum opens as soon as control's mean is known. */
  anchorKnown: boolean;
  /** Share of units that the evaluator is asked about; 1 for other sources. */
  sample: number;
}
