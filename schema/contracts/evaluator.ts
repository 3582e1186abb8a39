import { z } from 'zod';
import { nameSchema } from './words.ts';

const name = nameSchema;
const ignoreCase = z.boolean().optional();
/** Where in the output to look, e.g. `answer.text`; the whole output when absent. */
const path = z.string().min(1).max(500).optional();

/** 1 when the output equals `expected` (strings trimmed), else 0. */
export const exactMatchSchema = z.strictObject({ type: z.literal('exact_match'), name, path, ignoreCase });

/** 1 when the output contains `expected` (or `value`) as text, else 0. */
export const containsSchema = z.strictObject({
  type: z.literal('contains'),
  name,
  path,
  value: z.string().max(10_000).optional(),
  ignoreCase,
});

/** 1 when `pattern` is found in the output, else 0. Patterns run in linear time (RE2 syntax). */
export const regexSchema = z.strictObject({
  type: z.literal('regex'),
  name,
  path,
  pattern: z.string().min(1).max(2_000),
  ignoreCase,
});

/**
 * Compares numbers. With `extract`, the last match's group 1 (or the whole match) of output and of `expected` alike
 * where it matches; commas and a trailing '.' are removed. No number in the output = score 0.
 */
export const numericMatchSchema = z.strictObject({
  type: z.literal('numeric_match'),
  name,
  path,
  extract: z.string().min(1).max(2_000).optional(),
  /** Largest absolute difference that still counts as equal. @default 0 */
  tolerance: z.number().min(0).optional(),
});

/** Compares JSON with `expected`, or validates it against `schema` (JSON Schema), or both. */
export const jsonMatchSchema = z.strictObject({
  type: z.literal('json_match'),
  name,
  path,
  schema: z.record(z.string(), z.json()).optional(),
  /** `false`: only the schema counts. @default true when there is no schema */
  compare: z.boolean().optional(),
});

/** A TypeScript function registered under `function` in sluice.config.ts. */
export const functionEvaluatorSchema = z.strictObject({
  type: z.literal('function'),
  name,
  function: nameSchema,
  parameters: z.record(z.string(), z.json()).optional(),
  /** `binary` when it only ever says 0 or 1 (a boolean): that decides the statistical test. @default "score" */
  kind: z.enum(['binary', 'score']).optional(),
  /** How long one judgement may take. @default 120000 */
  timeoutMs: z.int().min(1).max(3_600_000).optional(),
});

export const evaluatorConfigSchema = z.discriminatedUnion('type', [
  exactMatchSchema,
  containsSchema,
  regexSchema,
  numericMatchSchema,
  jsonMatchSchema,
  functionEvaluatorSchema,
]);
export type EvaluatorConfig = z.infer<typeof evaluatorConfigSchema>;

/** True for judges that cost nothing to ask: they score in the lane, and their scores commit with the trial. */
export function isLaneEvaluator(config: EvaluatorConfig): boolean {
  return laneTypes.has(config.type);
}

const laneTypes: ReadonlySet<string> = new Set([
  'exact_match',
  'contains',
  'regex',
  'numeric_match',
  'json_match',
  'function',
  'trajectory',
  'convergence',
]);

/** Kind of the metric that an evaluator makes: everything but graded functions says 0 or 1. */
export function kindOfEvaluator(config: EvaluatorConfig): 'binary' | 'score' {
  return config.type === 'function' && config.kind !== 'binary' ? 'score' : 'binary';
}

/** Evaluator types of the design that this version does not have yet. */
export const plannedEvaluators = ['llm_judge', 'pairwise', 'convergence', 'trajectory', 'http', 'exec'];
