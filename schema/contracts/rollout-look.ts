import type { Interval } from './result.ts';

/** Counts of one stratum: final values of units by bin, exposures by variant. Bin b stands for y = b / 100, up is good. */
export interface StratumCounts {
  stratum: number;
  stage: number;
  /** Probability of each variant; they sum to 1. */
  shares: Record<string, number>;
  /** h by metric, frozen before the stratum's first unit. */
  anchors: Record<string, number>;
  /** First exposures. */
  exposures: Record<string, number>;
  /** metric -> variant -> 101 counts. */
  bins: Record<string, Record<string, Float64Array>>;
}

/** Counts of a shadow stage: pairs by (candidate bin - control bin), -100 to 100. Never multiplied into live strata. */
export interface ShadowCounts {
  stage: number;
  candidate: string;
  /** metric -> 201 counts, index = difference + 100. */
  differences: Record<string, Float64Array>;
}

export type GuardrailState = 'breached' | 'clear' | 'open';
/** Why a guardrail says nothing; none of them counts as success. */
export type DataState = 'ok' | 'no_data' | 'stale_data' | 'low_data' | 'failing_evaluator';

/** One guardrail of one candidate at one look, in the metric's own unit: candidate - control. */
export interface GuardrailResult {
  metric: string;
  candidate: string;
  state: GuardrailState;
  dataState: DataState;
  estimate: number | null;
  interval: Interval | null;
  /** Final units: candidate, control. */
  n: { candidate: number; control: number };
  /** One sentence a person can read. */
  sentence: string;
  perStage: { stage: number; estimate: number | null; n: number }[];
}

/** What a look at a rollout leads to. */
export interface RolloutLook {
  guardrails: GuardrailResult[];
  sampleRatio: { state: 'ok' | 'mismatch'; pValue: number | null; sentence: string };
  goals: {
    metric: string;
    candidate: string;
    verdict: 'pass' | 'fail' | 'inconclusive';
    estimate: number | null;
    interval: Interval | null;
    pValue: number | null;
    test: string;
    sentence: string;
  }[];
  /** `wait`: look again later. `reopen`: same stage, a new stratum with the anchors found. `hold`: a person must act. */
  next: 'wait' | 'reopen' | 'advance' | 'roll_back' | 'hold';
  /** Anchors of the stratum to open, with `reopen` and `advance`. */
  anchors?: Record<string, number>;
  reasons: string[];
  /** The stage is at its maxDuration and nothing was shown: `next` is what the policy answers, and the verdict inconclusive. */
  timedOut?: true;
}
