import { z } from 'zod';
import { nameSchema } from './words.ts';

export const hypotheses = ['superior', 'non_inferior', 'no_regression', 'absolute'] as const;
export type Hypothesis = (typeof hypotheses)[number];

/**
 * One criterion over one metric (DESIGN §7). `confidence` is the level of the two-sided interval shown, and that
 * interval decides, on (candidate - control) oriented so that up is good.
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
    /** Which quantile of a duration is compared. @default 0.5 */
    quantile: z.union([z.literal(0.5), z.literal(0.95)]).optional(),
    /** Every example that control solves in all repetitions must be solved by the candidate. */
    mustPass: z.boolean().optional(),
    /** critical decides; supporting and advisory are shown, and never fail the whole. @default "critical" */
    tier: z.enum(['critical', 'supporting', 'advisory']).optional(),
    /** Missing values tolerated (count, control and candidate together). @default 0 */
    maxMissing: z.int().min(0).optional(),
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

export const gatePolicySchema = z.strictObject({
  criteria: z.array(criterionSchema).min(1).max(100),
  /** What an inconclusive verdict leads to. @default "hold" */
  onInconclusive: z.enum(['roll_forward', 'roll_back', 'hold']).optional(),
});
export type GatePolicy = z.infer<typeof gatePolicySchema>;
