import type { RolloutPlan } from './rollout-plan.ts';

/** What a rollout of a spec would be. Nothing was started and nothing called. */
export interface RolloutPreview {
  kind: 'rollout';
  name: string;
  plan: RolloutPlan;
  /** null = nobody knows: neither declared, nor did any unit come in the last seven days. */
  traffic: { unitsPerDay: number; source: 'declared' | 'last_7_days' } | null;
  stages: {
    /** Counted from 1. */
    stage: number;
    kind: 'shadow' | 'traffic';
    /** Of units: those of the candidate, or shadowed. */
    share: number;
    minDurationMs: number;
    maxDurationMs: number;
    minSamples: number;
    requireClear: boolean;
    /** Persons asked before it is entered. */
    approvals: number;
    /** At this traffic, if the candidate is as good as control; null = unknown. */
    expectedMs: number | null;
    /** Of a stage that requires clear: units of both arms that each guardrail is expected to need. */
    clear: { metric: string; units: number | null }[];
  }[];
  /** Expected, from the first unit to the promotion, without the time that persons take; null = unknown. */
  expectedMs: number | null;
  /** How a breach is told from chance. */
  falseAlarms: {
    /** Chance that a rollout of a candidate as good as control is rolled back, over all its looks. */
    harmAlpha: number;
    /** Guardrails times candidates, among which it is divided. */
    k: number;
    /** Of the interval that each guardrail shows. */
    confidence: number;
  };
  warnings: string[];
}
