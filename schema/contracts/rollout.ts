import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { directions, metricKinds, nameSchema } from './words.ts';

/** A share of units; finer than 1/10,000 cannot be drawn, so it is refused. */
const share = z
  .number()
  .gt(0)
  .lt(1)
  .refine(
    (value) => Math.abs(value * 10_000 - Math.round(value * 10_000)) < 1e-6,
    'expected a whole number of 1/10000',
  );

const minSamples = z.int().min(1).max(10_000_000).optional();

/** The candidate answers beside control for this share of units; users see control. */
const shadowStageSchema = z.strictObject({
  shadow: z.number().gt(0).max(1),
  /** Pairs of answers. @default 200 */
  minSamples,
  maxDuration: durationSchema.optional(),
});

const trafficStageSchema = z.strictObject({
  /** Share of units that get the candidate; with several candidates each gets this share. */
  traffic: share,
  /** @default "30m" */
  minDuration: durationSchema.optional(),
  /** Candidate units with a final value, for every guardrail. @default 200 */
  minSamples,
  /** @default "7d" */
  maxDuration: durationSchema.optional(),
  /** Wait until every guardrail is shown to be within its margin, not merely not breached. */
  require: z.literal('clear').optional(),
});

/** What a rollout decides on. Built-in metrics and evaluators need their name only; others are declared in place. */
export const rolloutMetricSchema = z
  .strictObject({
    metric: nameSchema,
    guardrail: z.boolean().optional(),
    goal: z.literal('superior').optional(),
    /** Loss that counts as none, in the metric's own unit; what `clear` is shown against. */
    margin: z.number().min(0).optional(),
    /** The same as a share of control's mean at the start. */
    marginRelative: z.number().min(0).max(10).optional(),
    /** Loss that must be exceeded to count as harm, in the metric's own unit. @default 0 */
    harmBeyond: z.number().min(0).optional(),
    kind: z.enum(metricKinds).optional(),
    source: z.enum(['evaluator', 'outcome', 'feedback', 'trace', 'builtin']).optional(),
    direction: z.enum(directions).optional(),
    range: z.tuple([z.number(), z.number()]).optional(),
    /** How the values of one unit become one. @default "last" for outcomes and feedback */
    perUnit: z.enum(['mean', 'any', 'last', 'sum']).optional(),
    /** After a unit's first exposure; then its value is final. @default 0 for built-in and evaluator metrics, "1h" else */
    attributionWindow: durationSchema.optional(),
    /** Largest value that counts, for money, duration and count without a range. */
    cap: z.number().positive().optional(),
    /** What a unit without a value counts as; `exclude` leaves it out. Required for an outcome or feedback guardrail. */
    silence: z.union([z.number(), z.literal('exclude')]).optional(),
    /** Stop at this many confirmed events, whatever the statistics say; for binary metrics of which lower is better. */
    zeroTolerance: z.int().min(1).max(1_000).optional(),
    /** Mean of control where earlier data know it: the anchor of the first stratum. */
    controlMean: z.number().optional(),
  })
  .superRefine((metric, context) => {
    if (metric.margin !== undefined && metric.marginRelative !== undefined) {
      context.addIssue({ code: 'custom', message: 'one of margin and marginRelative, not both' });
    }
    if (!metric.guardrail && !metric.goal && metric.zeroTolerance === undefined) {
      context.addIssue({
        code: 'custom',
        message: 'say what it is for: guardrail: true, goal: superior or zeroTolerance: N',
      });
    }
  });
export type RolloutMetric = z.infer<typeof rolloutMetricSchema>;

/** All must hold for a unit to take part; others get control and are no exposure. */
const conditionSchema = z.strictObject({
  attribute: nameSchema,
  operator: z.enum(['equals', 'not_equals', 'in', 'not_in', 'at_least', 'at_most', 'exists']),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()])).max(1_000)])
    .optional(),
});
export type Condition = z.infer<typeof conditionSchema>;

const approvalsSchema = z.strictObject({
  /** Persons asked before a stage is entered; entries count from 1. */
  stages: z.record(z.string().regex(/^[1-9]\d?$/), z.int().min(0).max(20)).optional(),
  /** Persons asked before the candidate becomes the production version. @default 1 */
  promote: z.int().min(0).max(20).optional(),
  /** @default "24h" */
  ttl: durationSchema.optional(),
  /** Who is told when half of the ttl is over. */
  escalateTo: nameSchema.optional(),
});

/** The rollout spec (DESIGN §8): one contract for API, CLI and web. `kind: ab_test` is strategy ab_test. */
export const rolloutSpecSchema = z
  .strictObject({
    kind: z.enum(['rollout', 'ab_test']),
    name: nameSchema,
    agent: nameSchema,
    candidate: z.int().min(1).optional(),
    /** Several, for ab_test. */
    candidates: z.array(z.int().min(1)).min(1).max(10).optional(),
    strategy: z.enum(['canary', 'ab_test']).optional(),
    unit: z.enum(['session', 'user']).optional(),
    stages: z
      .array(z.union([shadowStageSchema, trafficStageSchema]))
      .min(1)
      .max(50)
      .optional(),
    /** Replaces the default guardrails (errorRate, latencyMs, costUsd): list them to keep them. */
    metrics: z.array(rolloutMetricSchema).min(1).max(50).optional(),
    /** Judges of live answers: stored ones, asked about this share of units. */
    evaluators: z
      .array(z.strictObject({ use: z.string().max(200), sample: z.number().gt(0).max(1).optional() }))
      .max(20)
      .optional(),
    budget: z.strictObject({ maxCostUsd: z.number().positive() }).optional(),
    harmAlpha: z.number().gt(0).lt(0.5).optional(),
    cadence: durationSchema.optional(),
    onHarm: z.enum(['roll_back', 'hold']).optional(),
    onTimeout: z.enum(['roll_back', 'hold', 'advance']).optional(),
    /** What no, stale or little data and a failing evaluator lead to once a stage's maxDuration is over. @default onTimeout */
    onNoData: z.enum(['roll_back', 'hold']).optional(),
    /** How long a broken sample ratio may hold before all units return to control. @default "1h" */
    srmGrace: durationSchema.optional(),
    /** Draw units anew in each stage, so that few units are enough; they count once per stage. @default "never" */
    rerandomize: z.enum(['never', 'each_stage']).optional(),
    /** What becomes of candidate sessions on a roll-back: `drain` lets them end on it, `kill` moves them at once. @default "kill" */
    sessions: z.enum(['drain', 'kill']).optional(),
    conditions: z.array(conditionSchema).max(20).optional(),
    /** Units of testers: what they always get. No exposures. */
    force: z.record(z.string().max(500), z.string().max(100)).optional(),
    /** How long the promoted version stays under watch. @default no watch */
    watch: durationSchema.optional(),
    /** Share of units kept on the old version while it is watched. @default 0.02 */
    holdback: share.optional(),
    approvals: approvalsSchema.optional(),
    /** What `plan` tells durations by. @default the last 7 days */
    traffic: z.strictObject({ unitsPerDay: z.number().positive().max(1e9) }).optional(),
    requires: z.strictObject({ experiment: z.literal('passed') }).optional(),
    tags: z.array(z.string().max(100)).max(50).optional(),
  })
  .superRefine((spec, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((spec.candidate === undefined) === (spec.candidates === undefined)) {
      issue('candidate', 'name one: `candidate: 4`, or `candidates: [4, 5]` for an ab_test with several');
    }
    if (spec.kind === 'ab_test' && spec.strategy === 'canary') issue('strategy', 'kind: ab_test is strategy ab_test');
    const isTest = spec.kind === 'ab_test' || spec.strategy === 'ab_test';
    if (spec.candidates !== undefined && spec.candidates.length > 1 && !isTest) {
      issue('candidates', 'a canary has one candidate; several need strategy: ab_test');
    }
    let before = 0;
    for (const stage of spec.stages ?? []) {
      if (!('traffic' in stage)) {
        if (before > 0) issue('stages', 'shadow stages come before those with traffic');
        continue;
      }
      if (!isTest && stage.traffic <= before)
        issue('stages', `the share of a canary grows: ${stage.traffic} after ${before}`);
      before = stage.traffic;
    }
    const names = (spec.metrics ?? []).map(({ metric }) => metric);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) issue('metrics', `"${twice}" is listed twice`);
  });
export type RolloutSpec = z.infer<typeof rolloutSpecSchema>;
