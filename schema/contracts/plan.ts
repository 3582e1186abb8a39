import type { AgentConfig } from './agent.ts';
import type { EvaluatorConfig } from './evaluator.ts';
import type { GatePolicy } from './gate.ts';

/**
 * An experiment as it will run: every name resolved to a version, every default written out. Stored in `run.plan`
 * when the run is accepted; its SHA-256 over RFC 8785 JSON is the `planHash`.
 */
export interface Plan {
  kind: 'experiment';
  dataset: { name: string; version: number; versionId: string; split: string | null };
  /** Splits that a criterion names beyond the dataset's own: the plan is the union. */
  criterionSplits: string[];
  variants: PlannedVariant[];
  repetitions: number;
  concurrency: number;
  retries: number;
  evaluators: PlannedEvaluator[];
  gate: { name: string | null; version: number | null; policy: GatePolicy | null };
  /** null = no cap. */
  budget: { maxCostUsd: number } | null;
  /** At most this many examples, in dataset order; null = all. */
  limit: number | null;
  /** Absent where nobody is asked. */
  approvals?: { promote: number; ttlMs: number };
  /** Absent without a cache; null = answers of any age. */
  cache?: { maxAgeMs: number | null };
}

export interface PlannedVariant {
  name: string;
  /** null for an agent declared in the spec itself. */
  agent: { name: string; version: number } | null;
  config: AgentConfig;
}

export interface PlannedEvaluator {
  versionId: string;
  version: number;
  config: EvaluatorConfig;
}
