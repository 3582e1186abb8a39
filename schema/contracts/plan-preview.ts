import type { Json } from './json.ts';
import type { Plan, PlannedVariant } from './plan.ts';
import type { DetectableEffect } from './result.ts';

/** One call of the sample. Nothing of it is stored, and it counts nowhere. */
export interface SampleCall {
  variant: string;
  exampleId: string;
  output: Json | null;
  /** Why there is no output. */
  error: string | null;
  latencyMs: number | null;
  costUsd: number | null;
  /** By evaluator; null where it had nothing to say. */
  scores: Record<string, number | null>;
}

/** What the sample of one variant says. */
export interface VariantSample {
  variant: string;
  agent: PlannedVariant['agent'];
  adapter: string;
  calls: number;
  failed: number;
  /** Of the calls that were answered. */
  latencyMs: number | null;
  /** Mean of the calls that told what they cost. */
  costUsd: number | null;
  /** Why it was not called at all. */
  skipped: string | null;
}

/** How likely a criterion is to stay undecided if the effect is as declared. */
export interface UndecidedChance {
  metric: string;
  hypothesis: string;
  /** In the metric's own unit, up is good. */
  effect: number;
  chance: number;
}

/** What a worker finds out about a plan. */
export interface PlanMeasurement {
  examples: number;
  /** Null when no two examples share one. */
  clusters: number | null;
  /** Examples with an expected value. */
  withExpected: number;
  trials: number;
  sample: VariantSample[];
  calls: SampleCall[];
  /** From the sample; null where it does not tell. */
  estimatedCostUsd: number | null;
  estimatedDurationMs: number | null;
  detectableEffects: DetectableEffect[];
  /** Of the criteria whose metric an effect was declared for. */
  undecided: UndecidedChance[];
  warnings: string[];
}

/** What `runs.plan` answers: what a run of this spec would be. Nothing was started. */
export interface PlanPreview extends PlanMeasurement {
  name: string;
  plan: Plan;
}
