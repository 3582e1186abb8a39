import { z } from 'zod';
import { agentConfigSchema } from './agent.ts';
import { durationSchema } from './duration.ts';
import { evaluatorConfigSchema, evaluatorReferenceSchema, parseEvaluatorReference } from './evaluator.ts';
import { gatePolicySchema } from './gate.ts';
import { nameSchema } from './words.ts';

/** A pin of a dataset version: begins with a letter, so that it never looks like a number; `latest` is taken. */
export const pinLabelSchema = z
  .string()
  .max(100)
  .regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'expected a label that begins with a letter, e.g. "approved"')
  .refine((label) => label !== 'latest', 'latest always means the newest version, and cannot be pinned');

/** `name[@version][#split]`; a version is a number, `latest` or a pin's label. */
export const datasetReferenceSchema = z
  .string()
  .max(300)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_./-]*(@([A-Za-z][A-Za-z0-9_.-]*|[1-9]\d*))?(#[A-Za-z0-9][A-Za-z0-9_./-]*)?$/,
    'expected name[@version][#split], e.g. "gsm8k@latest#test", "gsm8k@3" or "gsm8k@approved"',
  );

export interface DatasetReference {
  name: string;
  /** A number, `latest` or the label of a pin. */
  version: number | string;
  split: string | null;
}

/** Takes a dataset reference apart. The text must satisfy `datasetReferenceSchema`. */
export function parseDatasetReference(text: string): DatasetReference {
  const [before = '', split] = text.split('#', 2);
  const [name = '', version = 'latest'] = before.split('@', 2);
  return { name, version: /^\d/.test(version) ? Number(version) : version, split: split ?? null };
}

/** A stored agent, by name and version. */
export const agentReferenceSchema = z.strictObject({
  agent: nameSchema,
  version: z.union([z.int().min(1), z.literal('latest'), z.literal('production')]).optional(),
});

export const variantSchema = z.union([agentReferenceSchema, agentConfigSchema]);

/** Where a run comes from. The CLI fills it from the CI job or the git checkout. */
export const gitSchema = z.strictObject({
  sha: z.string().max(200).optional(),
  branch: z.string().max(500).optional(),
  actor: z.string().max(200).optional(),
  /** Of the CI job. */
  url: z.string().max(2_000).optional(),
  pullRequestUrl: z.string().max(2_000).optional(),
});
export type Git = z.infer<typeof gitSchema>;

/** Who must sign before a `roll_forward` of the run counts (DESIGN §8 "Approvals"). */
export const approvalsSchema = z.strictObject({
  /** Persons, never keys; not the requester and no contributor. 0 = nobody is asked. @default 1 */
  promote: z.int().min(0).max(20).optional(),
  /** How long an answer is waited for; then the run ends with `hold`. @default "24h" */
  ttl: durationSchema.optional(),
});

const experimentFields = {
  kind: z.literal('experiment'),
  name: nameSchema,
  dataset: datasetReferenceSchema,
  /** `control` and one or more candidates, in the order they are shown. */
  variants: z.record(nameSchema, variantSchema),
  repetitions: z.int().min(1).max(100).optional(),
  /** Calls in flight at once over the whole run. @default 8 */
  concurrency: z.int().min(1).max(1_000).optional(),
  /** Declared here, or stored before (`use: name@version`). */
  evaluators: z
    .array(z.union([evaluatorReferenceSchema, evaluatorConfigSchema]))
    .max(50)
    .optional(),
  /** At the cap no new call is made, and the rest of the plan is `notRun`: overshoot is at most the calls in flight. */
  budget: z.strictObject({ maxCostUsd: z.number().positive() }).optional(),
  /** Inline, or the name of a stored gate (`name[@version]`). @default no_regression on every evaluator */
  gate: z.union([gatePolicySchema, z.string().max(200)]).optional(),
  /** Attempts after the first for a call that failed in a way that may pass (429, 5xx, reset). @default 2 */
  retries: z.int().min(0).max(10).optional(),
  /** Ask people before a passed experiment counts as `roll_forward`. @default nobody is asked */
  approvals: approvalsSchema.optional(),
  /**
   * Take the answer of an earlier trial of the same agent configuration, input and repetition instead of a call. Such
   * trials are marked and in no latency. `true` = however old. @default false
   */
  cache: z.union([z.boolean(), z.strictObject({ maxAge: durationSchema })]).optional(),
  tags: z.array(z.string().max(100)).max(50).optional(),
  git: gitSchema.optional(),
};

/** The experiment spec (DESIGN §8): one contract for API, CLI and web. */
export const experimentSpecSchema = z.strictObject(experimentFields).superRefine((spec, context) => {
  const names = Object.keys(spec.variants);
  if (!names.includes('control')) {
    context.addIssue({
      code: 'custom',
      path: ['variants'],
      message: `one variant must be named "control", found ${names.map((name) => `"${name}"`).join(', ') || 'none'}`,
    });
  }
  if (names.length < 2) {
    context.addIssue({
      code: 'custom',
      path: ['variants'],
      message: 'at least one candidate beside "control" is needed to compare',
    });
  }
  if (names.length > 20) context.addIssue({ code: 'custom', path: ['variants'], message: 'at most 20 variants' });
  const seen = new Set<string>();
  for (const [index, evaluator] of (spec.evaluators ?? []).entries()) {
    const name = 'use' in evaluator ? parseEvaluatorReference(evaluator).name : evaluator.name;
    if (seen.has(name)) {
      context.addIssue({
        code: 'custom',
        path: ['evaluators', index, 'use' in evaluator ? 'use' : 'name'],
        message: `the name "${name}" is used by two evaluators; a metric needs one meaning`,
      });
    }
    seen.add(name);
  }
});
export type ExperimentSpec = z.infer<typeof experimentSpecSchema>;

/** What `agent push FILE` sends: a name and the content of its next version. */
export const agentFileSchema = z
  .looseObject({ agent: nameSchema })
  .transform(({ agent, ...config }) => ({ agent, config }))
  .pipe(z.strictObject({ agent: nameSchema, config: agentConfigSchema }));
export type AgentFile = z.infer<typeof agentFileSchema>;
