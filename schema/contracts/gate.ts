import { z } from 'zod';
import { nameSchema } from './words.ts';

export const hypotheses = ['superior', 'non_inferior', 'no_regression', 'absolute'] as const;
export type Hypothesis = (typeof hypotheses)[number];

/**
 * How strict the whole is. Without a profile every critical criterion must pass, as under `prove`.
 *
 * - `no_regression`: fails on shown harm or a broken golden case. An undecided criterion becomes a warning, as long as
 *   another one passed; an undecided `mustPass` stays undecided.
 * - `improve`: at least one goal (a critical criterion `superior`) must be shown, and no harm. Goals beside the shown one may
 *   stay undecided.
 * - `prove`: every criterion must pass; one that is undecided leaves the whole undecided.
 */
export const profiles = ['no_regression', 'improve', 'prove'] as const;
export type Profile = (typeof profiles)[number];

/** The split whose examples a profile protects with `mustPass` when it has no criteria of its own. */
export const goldenSplit = 'golden';

/** Metadata of the examples to look at, e.g. `{ language: de }`; all of them must hold. */
export const sliceSchema = z
  .record(z.string().min(1).max(200), z.union([z.string().max(500), z.number(), z.boolean()]))
  .refine((slice) => Object.keys(slice).length >= 1 && Object.keys(slice).length <= 5, {
    message: 'a slice names 1 to 5 metadata keys, e.g. { language: de }',
  });

/**
 * How far a judge must be known to agree with people before it may decide anything: the lower bound of Cohen's kappa
 * over all labels that people gave to trials judged by this version of it, in any run.
 */
export const trustSchema = z.strictObject({
  /** Least lower bound of kappa: 0 is chance, 1 is perfect. */
  minKappa: z.number().gt(-1).max(1),
  /** Least number of labelled trials; a trial labelled by two people counts once. @default 50 */
  minLabels: z.int().min(1).max(1_000_000).optional(),
  /** Level of the two-sided interval whose lower bound counts. @default 0.95 */
  confidence: z.number().gt(0.5).lt(1).optional(),
  /** The name under which people labelled. @default the name of the judge */
  label: nameSchema.optional(),
  /** Scores of at least this count as good, where scores and not labels are compared. @default 0.5 */
  threshold: z.number().optional(),
});
export type Trust = z.infer<typeof trustSchema>;

/**
 * One criterion over one metric (DESIGN §7). `confidence` is the level of the two-sided interval shown, and that
 * interval decides, on (candidate - control) oriented so that up is good. Several critical criteria `superior` of one
 * policy are goals and share the level by Holm: each is read at the level at which Holm's step-down reads it.
 */
export const criterionSchema = z
  .strictObject({
    metric: nameSchema,
    /** @default "no_regression" */
    hypothesis: z.enum(hypotheses).optional(),
    /** Level of the two-sided interval. @default 0.95 */
    confidence: z.number().gt(0.5).lt(1).optional(),
    /** Largest tolerated loss, in the metric's own unit; for `non_inferior`. */
    margin: z.number().min(0).optional(),
    /** Largest tolerated loss as a share of control's mean; for `non_inferior`. */
    marginRelative: z.number().min(0).max(10).optional(),
    /** For `absolute`: the mean of the candidate must be at least this. */
    min: z.number().optional(),
    /** For `absolute`: the mean of the candidate must be at most this. */
    max: z.number().optional(),
    /** Look at the examples of this split only. */
    split: nameSchema.optional(),
    /** Look at the examples with this metadata only; with `split`, at those of the split. */
    slice: sliceSchema.optional(),
    /** Which quantile of a duration is compared. @default 0.5 */
    quantile: z.union([z.literal(0.5), z.literal(0.95)]).optional(),
    /**
     * Every example that control solves in all repetitions must be solved by the candidate. One that breaks is called
     * again up to four times, and counts as broken when 3 of 5 calls fail.
     */
    mustPass: z.boolean().optional(),
    /** critical decides; supporting and advisory are shown, and never fail the whole. @default "critical" */
    tier: z.enum(['critical', 'supporting', 'advisory']).optional(),
    /** Missing values tolerated (count, control and candidate together). @default 0 */
    maxMissing: z.int().min(0).optional(),
    /** What the judge behind the metric must have shown before this criterion may pass or fail. */
    trust: trustSchema.optional(),
  })
  .superRefine((criterion, context) => {
    const margins = [criterion.margin, criterion.marginRelative].filter((value) => value !== undefined).length;
    if (criterion.hypothesis === 'non_inferior' && margins !== 1) {
      context.addIssue({
        code: 'custom',
        message: 'non_inferior needs exactly one of margin or marginRelative: how much loss is tolerated',
      });
    }
    if (criterion.hypothesis !== 'non_inferior' && margins > 0) {
      context.addIssue({ code: 'custom', message: 'margin and marginRelative go with hypothesis: non_inferior' });
    }
    const bounds = [criterion.min, criterion.max].filter((value) => value !== undefined).length;
    if (criterion.hypothesis === 'absolute' && bounds !== 1) {
      context.addIssue({ code: 'custom', message: 'absolute needs exactly one of min or max: the threshold' });
    }
    if (criterion.hypothesis !== 'absolute' && bounds > 0) {
      context.addIssue({ code: 'custom', message: 'min and max go with hypothesis: absolute' });
    }
  });
export type Criterion = z.infer<typeof criterionSchema>;

export const gatePolicySchema = z
  .strictObject({
    profile: z.enum(profiles).optional(),
    /**
     * May be absent beside a profile, which then makes criteria of the run's metrics: `no_regression` of every
     * evaluator and of errorRate; with `improve` every evaluator is a goal too; with `prove` every evaluator must be
     * superior; and `mustPass` of every pass/fail evaluator on the split `golden`, where the dataset has one.
     */
    criteria: z.array(criterionSchema).max(100).default([]),
    /** Metadata keys by whose values every pass/fail metric and score is compared beside; this decides nothing. */
    slices: z.array(z.string().min(1).max(200)).max(10).optional(),
    /** Asked of every LLM judge whose criterion does not say its own. */
    trust: trustSchema.optional(),
    /** What an inconclusive verdict leads to. @default "hold" */
    onInconclusive: z.enum(['roll_forward', 'roll_back', 'hold']).optional(),
  })
  .superRefine(({ profile, criteria, trust }, context) => {
    for (const [index, criterion] of criteria.entries()) {
      const first = criteria.find((one) => one.metric === criterion.metric && one.trust !== undefined)?.trust ?? trust;
      const own = criterion.trust;
      if (own === undefined || (own.label === first?.label && own.threshold === first?.threshold)) continue;
      context.addIssue({
        code: 'custom',
        path: ['criteria', index, 'trust'],
        message: `the judge of "${criterion.metric}" is held against one set of labels: the same label and threshold everywhere`,
      });
    }
    if (criteria.length === 0 && profile === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['criteria'],
        message: `at least one criterion is needed, or a profile: ${profiles.join(', ')}`,
      });
    }
    if (profile === 'improve' && criteria.length > 0 && !criteria.some(isGoal)) {
      context.addIssue({
        code: 'custom',
        path: ['criteria'],
        message: 'profile improve needs a goal: a critical criterion with hypothesis: superior',
      });
    }
  });
export type GatePolicy = z.infer<typeof gatePolicySchema>;

/** What a policy asks of the judge of a metric; undefined when nothing. The first criterion that says it counts. */
export function trustOf(policy: GatePolicy | null, metric: string, isJudge: boolean): Trust | undefined {
  const own = policy?.criteria.find((one) => one.metric === metric && one.trust !== undefined)?.trust;
  return own ?? (isJudge ? policy?.trust : undefined);
}

/** A criterion that claims a gain, and decides. */
export function isGoal(criterion: Criterion): boolean {
  return criterion.hypothesis === 'superior' && (criterion.tier ?? 'critical') === 'critical';
}

/** True when the policy may have examples that must not break, and so may call them again. */
export function mayProtect(policy: GatePolicy | null): boolean {
  if (policy === null) return false;
  return policy.criteria.length === 0 || policy.criteria.some(({ mustPass }) => mustPass === true);
}

/** The metadata keys that a policy looks at. */
export function sliceKeysOf(policy: GatePolicy | null): string[] {
  const named = (policy?.criteria ?? []).flatMap(({ slice }) => Object.keys(slice ?? {}));
  return [...new Set([...(policy?.slices ?? []), ...named])];
}
