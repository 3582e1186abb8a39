import { z } from 'zod';
import { annotationSchema, mostAnnotations } from '../../schema/contracts/annotation.ts';
import { evaluatorReferenceSchema, parseEvaluatorReference } from '../../schema/contracts/evaluator.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { listAnnotations } from '../../store/annotations/list-annotations.ts';
import { addAnnotations } from '../operations/annotations/add-annotations.ts';
import { makeSheet } from '../operations/annotations/make-sheet.ts';
import { measureAgreement } from '../operations/annotations/measure-agreement.ts';
import { requireRun } from '../operations/runs/require-run.ts';
import { procedureFor, router } from '../trpc.ts';

const run = z.string().min(1).max(100);
/** `name[@version]`. */
const judge = evaluatorReferenceSchema.shape.use.transform((use) => parseEvaluatorReference({ use }));

export const annotationsRouter = router({
  add: procedureFor('annotator')
    .input(z.object({ run, annotations: z.array(annotationSchema).min(1).max(mostAnnotations) }))
    .mutation(addAnnotations),
  /** Outputs to label, blind. */
  sheet: procedureFor('annotator')
    .input(
      z.object({
        run,
        name: nameSchema.optional(),
        sample: z.int().min(1).max(10_000).optional(),
        seed: z.string().max(100).default('0'),
        judge: judge.optional(),
      }),
    )
    .query(makeSheet),
  list: procedureFor('viewer')
    .input(
      z.object({
        run,
        name: nameSchema.optional(),
        person: z.string().max(200).optional(),
        limit: z.int().min(1).max(10_000).default(1_000),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { id } = await requireRun(ctx, input.run);
      return listAnnotations(ctx.db, { ...input, runId: id });
    }),
  /** How far a judge agrees with people, over every label of the project. */
  agreement: procedureFor('viewer')
    .input(
      z.object({
        judge,
        label: nameSchema.optional(),
        threshold: z.number().optional(),
        confidence: z.number().gt(0.5).lt(1).default(0.95),
      }),
    )
    .query(measureAgreement),
});
