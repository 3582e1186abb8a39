import { z } from 'zod';
import { nameSchema } from './words.ts';

/** Most labels in one request; they are stored together or not at all. */
export const mostAnnotations = 5_000;

/** What a person says of one trial: of the `subject` of a labelling sheet, or named by its place in the run. */
export const annotationSchema = z
  .strictObject({
    /** As a sheet of `annotations.sheet` has it: tells nothing of the variant. */
    subject: z.string().min(1).max(200).optional(),
    exampleId: z.string().min(1).max(500).optional(),
    variant: z.string().min(1).max(100).optional(),
    /** @default 0 */
    repetition: z.int().min(0).max(10_000).optional(),
    /** What is judged: the name of the judge it is held against, or a name of its own. */
    name: nameSchema,
    label: z.string().trim().min(1).max(200).optional(),
    score: z.number().optional(),
    explanation: z.string().max(10_000).optional(),
  })
  .superRefine((annotation, context) => {
    const { subject, exampleId, variant, label, score } = annotation;
    const placed = exampleId !== undefined && variant !== undefined;
    if ((subject !== undefined) === placed || (subject !== undefined && (exampleId ?? variant) !== undefined)) {
      context.addIssue({ code: 'custom', message: 'needs either a subject, or exampleId and variant' });
    }
    if (label === undefined && score === undefined) {
      context.addIssue({ code: 'custom', message: 'needs a label or a score' });
    }
  });
export type AnnotationInput = z.infer<typeof annotationSchema>;

/** What became of labels that were sent. */
export interface AddedAnnotations {
  added: number;
  /** Said otherwise before by the same person: the new word counts, the old one is kept as an earlier revision. */
  changed: number;
  unchanged: number;
}

/** What one person says now of one trial. */
export interface Annotation {
  subject: string;
  exampleId: string;
  variant: string;
  repetition: number;
  name: string;
  person: string;
  label: string | null;
  score: number | null;
  explanation: string | null;
  /** 1 = said once; higher after a change of mind. */
  revision: number;
  at: string;
}
