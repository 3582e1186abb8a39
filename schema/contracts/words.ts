/**
 * Words of the house (DESIGN §2). One per thing: the same in table, type, URL and screen.
 *
 * - agent: a named thing that answers users; agent version: immutable, numbered, content-hashed
 * - variant: the role of an agent version in a run, `control` or a candidate's name
 * - dataset, example, split: versioned rows `{id, input, expected, metadata, clusterKey}`; splits may overlap
 * - evaluator: versioned judge of an output; score: what it said of a trial
 * - metric: what decisions are made on; `latencyMs`, `costUsd`, `tokens`, `steps`, `errorRate` are built in
 * - trial: one call, (run, variant, example, repetition)
 * - run: one durable execution; gate, criterion, verdict: policy over metrics and what it says
 */
import { z } from 'zod';

export const roles = ['viewer', 'engineer', 'annotator', 'approver', 'on_call', 'admin', 'ingest'] as const;
export type Role = (typeof roles)[number];

export const runKinds = ['experiment', 'rollout', 'monitor', 'improvement'] as const;
export type RunKind = (typeof runKinds)[number];

export const runStatuses = [
  'queued',
  'running',
  'paused',
  'awaiting_approval',
  'completed',
  'failed',
  'aborted',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** True when the run will not change any more. */
export function isFinal(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'aborted';
}

export const verdicts = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

export const actions = ['roll_forward', 'roll_back', 'hold'] as const;
export type Action = (typeof actions)[number];

export const metricKinds = ['binary', 'score', 'money', 'duration', 'count'] as const;
export type MetricKind = (typeof metricKinds)[number];

export const directions = ['higher', 'lower'] as const;
export type Direction = (typeof directions)[number];

export const builtinMetrics = {
  errorRate: { kind: 'binary', direction: 'lower' },
  latencyMs: { kind: 'duration', direction: 'lower' },
  costUsd: { kind: 'money', direction: 'lower' },
  tokens: { kind: 'count', direction: 'lower' },
  steps: { kind: 'count', direction: 'lower' },
} as const satisfies Record<string, { kind: MetricKind; direction: Direction }>;
export type BuiltinMetric = keyof typeof builtinMetrics;

/** A name: letters, digits, `-`, `_`, `.`, `/`; at most 100 characters; starts with a letter or digit. */
export const nameSchema = z
  .string()
  .min(1)
  .max(100)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_./-]*$/,
    'letters, digits, "-", "_", "." and "/" only, starting with a letter or digit',
  );
