import { z } from 'zod';
import { execAgentSchema, httpAgentSchema, openaiAgentSchema } from './agent.ts';
import type { Evaluator } from './call.ts';
import { findPlaceholders, whyBadPlaceholder } from './placeholders.ts';
import { type Direction, type MetricKind, nameSchema } from './words.ts';

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

/** A judge's prompt: every `{{placeholder}}` in it must be known, and it must show the judge what it is to judge. */
function promptSchema(roots: readonly string[], required: readonly string[]) {
  return z
    .string()
    .trim()
    .min(1)
    .max(100_000)
    .superRefine((prompt, context) => {
      const found = findPlaceholders(prompt);
      for (const placeholder of found) {
        const why = whyBadPlaceholder(placeholder, roots);
        if (why !== null) context.addIssue({ code: 'custom', message: why });
      }
      if (required.length === 0 || found.some(({ root }) => required.includes(root))) return;
      const wanted = required.map((root) => `{{${root}}}`).join(' or ');
      context.addIssue({ code: 'custom', message: `has no ${wanted}: the judge would not see what it judges` });
    });
}

/** A model behind an endpoint that speaks chat completions: the same keys as an `openai` agent has. */
const { baseUrl, model, secret, headers, headerSecrets, parameters, prices, limits, timeoutMs } =
  openaiAgentSchema.shape;
const modelFields = { baseUrl, model, secret, headers, headerSecrets, parameters, prices, limits, timeoutMs };

const labelSchema = z.string().trim().min(1).max(100);

/** Labels that a judge's answer could not be told apart by. */
function refuseEqualLabels(labels: readonly string[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const label of labels) {
    const folded = label.trim().toLowerCase();
    if (seen.has(folded)) {
      context.addIssue({
        code: 'custom',
        message: `has "${label}" twice; labels are told apart whatever their case and surrounding blanks`,
      });
    }
    seen.add(folded);
  }
}

/**
 * A language model that gives one label of a closed set; the score is the label's. An answer outside the set is a
 * missing score. Placeholders of `prompt`: `{{input}}`, `{{output}}`, `{{expected}}`, `{{metadata.key}}`, `{{steps}}`,
 * each with a path where wanted (`{{output.answer}}`); see docs/adr/0033 for what an output can and cannot do to it.
 */
export const llmJudgeSchema = z.strictObject({
  type: z.literal('llm_judge'),
  name,
  ...modelFields,
  prompt: promptSchema(['input', 'output', 'expected', 'metadata', 'steps'], ['output', 'steps']),
  /** Label -> score, e.g. `{ correct: 1, incorrect: 0 }`. */
  choices: z.record(labelSchema, z.number()).superRefine((choices, context) => {
    const labels = Object.keys(choices);
    if (labels.length < 2 || labels.length > 50) {
      context.addIssue({ code: 'custom', message: `has ${labels.length} labels, expected 2 to 50` });
    }
    refuseEqualLabels(labels, context);
  }),
  /** Ask for the reasons first, and keep them. @default true */
  explanation: z.boolean().optional(),
  /** Ask so often; the label given most often counts, and how often it flipped is kept. @default 1 */
  repetitions: z.int().min(1).max(15).optional(),
  /** Take an earlier judgement of an equal judge on an equal example and output, instead of a call. @default true */
  cache: z.boolean().optional(),
});

/**
 * A language model that says which of two answers is better, candidate's or control's, asked in both orders: 1 when the
 * candidate's wins both, 0 when it loses both, else 0.5. Control's own score is 0.5 always, so that the difference is
 * the win rate beyond even. Placeholders of `prompt` (the criteria): `{{input}}`, `{{expected}}`, `{{metadata.key}}`; the
 * two answers follow it by themselves.
 */
export const pairwiseSchema = z.strictObject({
  type: z.literal('pairwise'),
  name,
  ...modelFields,
  prompt: promptSchema(['input', 'expected', 'metadata'], []),
  /** What the judge says for the first answer, the second, and neither. @default A, B, tie */
  choices: z
    .strictObject({ first: labelSchema, second: labelSchema, tie: labelSchema })
    .superRefine((choices, context) => refuseEqualLabels(Object.values(choices), context))
    .optional(),
  /** Ask for the reasons first, and keep them. @default true */
  explanation: z.boolean().optional(),
  /** Take an earlier judgement of an equal judge on equal answers, instead of calls. @default true */
  cache: z.boolean().optional(),
});

/** Where in `expected` or `metadata` of the example a list stands, e.g. `expected.toolCalls`. */
const examplePath = z
  .string()
  .max(500)
  .regex(/^(expected|metadata)([.[].+)?$/, 'expected a path that starts with "expected" or "metadata"');

const trajectory = { type: z.literal('trajectory'), name };

/**
 * 1 when the tools called are the expected ones, else 0; with `graded` how much of them (F1). They stand in `expected`
 * here, or in each example at `expectedPath`, as `{name, arguments?}` or a name; without `arguments` any will do.
 */
export const toolCallsSchema = z.strictObject({
  ...trajectory,
  check: z.literal('tool_calls'),
  expected: z
    .array(z.union([z.string().min(1), z.strictObject({ name: z.string().min(1), arguments: z.json().optional() })]))
    .max(1_000)
    .optional(),
  /** @default "expected" */
  expectedPath: examplePath.optional(),
  /**
   * exact: these calls in this order and no others; in_order, any_order: these, and others may be made too; subset: no
   * others, and not all of these need be made. @default "exact"
   */
  match: z.enum(['exact', 'in_order', 'any_order', 'subset']).optional(),
  /** Compare names only, or leave these arguments out. @default false */
  ignoreArguments: z.union([z.boolean(), z.array(z.string()).max(100)]).optional(),
  /** @default false */
  graded: z.boolean().optional(),
});

/** 1 unless a tool is called more than `maxRepeats` times with equal arguments, or steps go round that often. */
export const loopsSchema = z.strictObject({
  ...trajectory,
  check: z.literal('loops'),
  /** @default 2 */
  maxRepeats: z.int().min(1).max(1_000).optional(),
});

/** 1 when the agents that took the steps, in order, are these; given here, or in each example at `expectedPath`. */
export const handoffsSchema = z.strictObject({
  ...trajectory,
  check: z.literal('handoffs'),
  expected: z.array(z.string().min(1)).min(1).max(1_000).optional(),
  /** @default "expected" */
  expectedPath: examplePath.optional(),
});

/** 1 when the answer took at most `maxSteps` steps. */
export const maxStepsSchema = z.strictObject({ ...trajectory, check: z.literal('steps'), maxSteps: z.int().min(0) });

/** 1 when no tool call failed. */
export const toolErrorsSchema = z.strictObject({ ...trajectory, check: z.literal('tool_errors') });

export const trajectorySchema = z.discriminatedUnion('check', [
  toolCallsSchema,
  loopsSchema,
  handoffsSchema,
  maxStepsSchema,
  toolErrorsSchema,
]);

/**
 * Steps to the first correct answer that stays correct to the end (lower is better), judged by `correct` on the output
 * of each step. Never correct: as many steps as were taken, with the label `never_converged` - censored, not reached.
 */
export const convergenceSchema = z.strictObject({
  type: z.literal('convergence'),
  name,
  /** One of the code evaluators, without a name. */
  correct: z.discriminatedUnion('type', [
    exactMatchSchema.omit({ name: true }),
    containsSchema.omit({ name: true }),
    regexSchema.omit({ name: true }),
    numericMatchSchema.omit({ name: true }),
    jsonMatchSchema.omit({ name: true }),
  ]),
  /** What comes later is never: the horizon of the comparison. */
  maxSteps: z.int().min(1).optional(),
});

/** `binary` when it only ever says 0 or 1 (a boolean): that decides the statistical test. @default "score" */
const declaredKind = z.enum(['binary', 'score']).optional();

/** POST `{input, output, expected?, metadata, steps?}` to `url`, which answers a boolean, a number or `{score, label?, explanation?}`. */
export const httpEvaluatorSchema = z.strictObject({
  type: z.literal('http'),
  name,
  url: httpAgentSchema.shape.url,
  headers: httpAgentSchema.shape.headers,
  headerSecrets: httpAgentSchema.shape.headerSecrets,
  secret: httpAgentSchema.shape.secret,
  timeoutMs: httpAgentSchema.shape.timeoutMs,
  limits: httpAgentSchema.shape.limits,
  kind: declaredKind,
});

/** A command that reads what `http` evaluators are sent, and writes what they answer, as JSON lines. */
export const execEvaluatorSchema = z.strictObject({
  type: z.literal('exec'),
  name,
  command: execAgentSchema.shape.command,
  cwd: execAgentSchema.shape.cwd,
  secrets: execAgentSchema.shape.secrets,
  timeoutMs: execAgentSchema.shape.timeoutMs,
  limits: execAgentSchema.shape.limits,
  kind: declaredKind,
});

export const evaluatorConfigSchema = z.discriminatedUnion('type', [
  exactMatchSchema,
  containsSchema,
  regexSchema,
  numericMatchSchema,
  jsonMatchSchema,
  functionEvaluatorSchema,
  llmJudgeSchema,
  pairwiseSchema,
  trajectorySchema,
  convergenceSchema,
  httpEvaluatorSchema,
  execEvaluatorSchema,
]);
export type EvaluatorConfig = z.infer<typeof evaluatorConfigSchema>;

/** A stored evaluator: `name[@version]`; the newest version when none is named. */
export const evaluatorReferenceSchema = z.strictObject({
  use: z
    .string()
    .max(200)
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_./-]*(@(latest|[1-9]\d*))?$/,
      'expected name[@version] of a stored evaluator, e.g. "judge_helpful@3"',
    ),
});
export type EvaluatorReference = z.infer<typeof evaluatorReferenceSchema>;

/** Takes a reference apart. */
export function parseEvaluatorReference({ use }: EvaluatorReference): { name: string; version: number | 'latest' } {
  const [stored = '', version] = use.split('@', 2);
  return { name: stored, version: version === undefined || version === 'latest' ? 'latest' : Number(version) };
}

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
] satisfies EvaluatorConfig['type'][]);

/** Who speaks in a score of this evaluator. */
export function annotatorKindOf(config: EvaluatorConfig): 'CODE' | 'LLM' {
  return config.type === 'llm_judge' || config.type === 'pairwise' ? 'LLM' : 'CODE';
}

/** The metric that an evaluator makes: its kind, which way is better, and its bounds where it has some. */
export function metricOfEvaluator(config: EvaluatorConfig): {
  kind: MetricKind & Evaluator['kind'];
  direction: Direction;
  range: [number, number] | null;
} {
  const binary = { kind: 'binary', direction: 'higher', range: [0, 1] } as const;
  const score = { kind: 'score', direction: 'higher', range: null } as const;
  switch (config.type) {
    case 'llm_judge': {
      const scores = Object.values(config.choices);
      if (scores.every((one) => one === 0 || one === 1)) return { ...binary, range: [0, 1] };
      // A call that failed by the agent's doing counts 0, whatever the labels are worth.
      return { ...score, range: [Math.min(0, ...scores), Math.max(0, ...scores)] };
    }
    case 'pairwise':
      return { ...score, range: [0, 1] };
    case 'convergence':
      return { kind: 'count', direction: 'lower', range: null };
    case 'trajectory':
      return config.check === 'tool_calls' && config.graded
        ? { ...score, range: [0, 1] }
        : { ...binary, range: [0, 1] };
    case 'function':
    case 'http':
    case 'exec':
      return config.kind === 'binary' ? { ...binary, range: [0, 1] } : { ...score };
    default:
      return { ...binary, range: [0, 1] };
  }
}

/** Kind of the metric that an evaluator makes: `metricOfEvaluator` tells the rest of it. */
export function kindOfEvaluator(config: EvaluatorConfig): 'binary' | 'score' | 'count' {
  return metricOfEvaluator(config).kind;
}
