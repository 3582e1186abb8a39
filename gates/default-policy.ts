import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';
import { type Criterion, type GatePolicy, goldenSplit } from '../schema/contracts/gate.ts';

/** Built-in metrics that inform and do not decide unless a policy names them. */
const informative = new Set(['latencyMs', 'costUsd', 'tokens', 'steps']);

/** What an experiment without a gate is judged by: no shown regression of any evaluator's metric, nor of errorRate. */
export function defaultPolicy(evidence: ExperimentEvidence): GatePolicy {
  return { criteria: [...evaluatorNames(evidence), 'errorRate'].map(noRegression) };
}

/** The policy with its criteria written out: those of its profile where it names none of its own. */
export function expandProfile(policy: GatePolicy, evidence: ExperimentEvidence): GatePolicy {
  if (policy.criteria.length > 0 || policy.profile === undefined) return policy;
  const names = evaluatorNames(evidence);
  const goals: Criterion[] =
    policy.profile === 'no_regression' ? [] : names.map((metric) => ({ metric, hypothesis: 'superior' }));
  const guarded = policy.profile === 'prove' ? ['errorRate'] : [...names, 'errorRate'];
  const golden = Object.hasOwn(evidence.splits, goldenSplit)
    ? names.filter((name) => evidence.metrics.find((metric) => metric.name === name)?.kind === 'binary')
    : [];
  return {
    ...policy,
    criteria: [
      ...goals,
      ...guarded.map(noRegression),
      ...golden.map((metric) => ({ metric, split: goldenSplit, mustPass: true })),
    ],
  };
}

function noRegression(metric: string): Criterion {
  return { metric, hypothesis: 'no_regression', tier: 'critical' };
}

function evaluatorNames({ metrics }: ExperimentEvidence): string[] {
  return metrics.map(({ name }) => name).filter((name) => name !== 'errorRate' && !informative.has(name));
}
