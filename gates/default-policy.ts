import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';
import type { GatePolicy } from '../schema/contracts/gate.ts';

/** Built-in metrics that inform and do not decide unless a policy names them. */
const informative = new Set(['latencyMs', 'costUsd', 'tokens', 'steps']);

/** What an experiment without a gate is judged by: no shown regression of any evaluator's metric, nor of errorRate. */
export function defaultPolicy(evidence: ExperimentEvidence): GatePolicy {
  const names = evidence.metrics.map((metric) => metric.name).filter((name) => !informative.has(name));
  if (!names.includes('errorRate')) names.push('errorRate');
  return { criteria: names.map((metric) => ({ metric, hypothesis: 'no_regression', tier: 'critical' })) };
}
