import { z } from 'zod';
import { headerSecretsSchema, headersSchema } from './headers.ts';
import { nameSchema } from './words.ts';

/** Limits that hold across workers for one agent endpoint. */
export const limitsSchema = z.strictObject({
  /** Calls in flight at once. @minimum 1 */
  concurrency: z.int().min(1).max(10_000).optional(),
  /** Calls started per second. */
  perSecond: z.number().positive().max(100_000).optional(),
});

const commonFields = {
  /** Longest time for one call, in ms, connection and body included. @default 60000 */
  timeoutMs: z.int().min(1).max(3_600_000).optional(),
  /** git sha, image digest: whatever tells which build answered. */
  revision: z.string().max(200).optional(),
  limits: limitsSchema.optional(),
  sideEffects: z.boolean().optional(),
  /** Honours `context.shadow`: an answer that nobody sees has no effects. */
  shadowSafe: z.boolean().optional(),
  /** Agents it calls on its way to an answer. Without a version: the newest when the agent is pushed, or the run accepted. */
  dependsOn: z
    .array(
      z.strictObject({
        agent: nameSchema,
        version: z.union([z.int().min(1), z.literal('latest'), z.literal('production')]).optional(),
      }),
    )
    .max(50)
    .optional(),
};

/** POST {input, context} to `url`; see DESIGN §8 "HTTP agent". */
export const httpAgentSchema = z.strictObject({
  adapter: z.literal('http'),
  url: z.url({ protocol: /^https?$/ }),
  headers: headersSchema.optional(),
  headerSecrets: headerSecretsSchema.optional(),
  /** Name of the secret sent as `Authorization: Bearer …`. */
  secret: z.string().max(200).optional(),
  /** Where the output stands in the answer, e.g. `choices[0].message.content`. @default "output" */
  outputPath: z.string().min(1).max(500).optional(),
  /** Largest answer read, in bytes. @default 10485760 */
  maxResponseBytes: z.int().min(1).max(104_857_600).optional(),
  ...commonFields,
});

/** A command that reads `{input, context}` and writes `{output, …}` as JSON lines; one process per call in flight. */
export const execAgentSchema = z.strictObject({
  adapter: z.literal('exec'),
  /** For `/bin/sh`, e.g. `python agent.py`. */
  command: z.string().trim().min(1).max(4_000),
  /** Where it runs. @default where the worker runs */
  cwd: z.string().min(1).max(1_000).optional(),
  /** Names of the secrets it finds in its environment, which is otherwise minimal. */
  secrets: z
    .array(
      z
        .string()
        .max(200)
        .regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable'),
    )
    .max(50)
    .optional(),
  /** Largest answer read, in bytes. @default 10485760 */
  maxResponseBytes: z.int().min(1).max(104_857_600).optional(),
  ...commonFields,
});

/** A TypeScript function registered under `name` in sluice.config.ts. */
export const functionAgentSchema = z.strictObject({
  adapter: z.literal('function'),
  function: nameSchema,
  parameters: z.record(z.string(), z.json()).optional(),
  ...commonFields,
});

/** Answers with what an earlier system said: `path` into the example, e.g. `metadata.recorded.b6.solution`. */
export const replayAgentSchema = z.strictObject({
  adapter: z.literal('replay'),
  path: z.string().min(1).max(500),
  ...commonFields,
});

/** Examples that a few-shot rule without `k` shows. */
export const defaultShots = 4;

const shotFields = {
  /** Examples of which dataset; without a version the newest when the agent is pushed, or the run accepted. */
  dataset: z
    .string()
    .max(300)
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_./-]*(@([A-Za-z][A-Za-z0-9_.-]*|[1-9]\d*))?$/,
      'expected name[@version], e.g. "support@7"; the split has a key of its own, `split`',
    ),
  /** @default all examples */
  split: z.string().min(1).max(200).optional(),
};

/**
 * Which answered examples of a dataset a model is shown before the input, as turns of user and assistant. An example is
 * never shown to itself: those with its input or its clusterKey are left out. See docs/adr/0032.
 */
export const fewShotSchema = z.discriminatedUnion('select', [
  z.strictObject({
    ...shotFields,
    /** The `k` whose inputs are most like the one asked, by their words; the likest last. */
    select: z.literal('nearest'),
    /** @default 4 */
    k: z.int().min(1).max(100).optional(),
  }),
  z
    .strictObject({
      ...shotFields,
      /** The same for all: those with these `ids`, in this order, or the first `k` of the dataset. */
      select: z.literal('fixed'),
      ids: z.array(z.string().min(1).max(500)).min(1).max(100).optional(),
      /** @default 4 */
      k: z.int().min(1).max(100).optional(),
    })
    .refine((rule) => rule.ids === undefined || rule.k === undefined, {
      path: ['k'],
      message: 'is not needed where `ids` names the examples; leave one of the two out',
    }),
]);
/** `versionId`: which dataset version it was pinned to, when the agent was pushed or the run accepted; no key of specs. */
export type FewShotRule = z.infer<typeof fewShotSchema> & { versionId?: string };

/** Set from other keys of the agent, or by the adapter: `parameters` may not hold them. */
const reservedParameters = ['messages', 'model', 'stream', 'stream_options', 'tools'];

/** POST to `{baseUrl}/chat/completions`: any endpoint that speaks as OpenAI's does; see docs/adr/0030. */
export const openaiAgentSchema = z.strictObject({
  adapter: z.literal('openai'),
  /** Up to and with the version, e.g. `https://llm.example.org/v1`. */
  baseUrl: z.url({ protocol: /^https?$/ }),
  model: z.string().min(1).max(200),
  headers: headersSchema.optional(),
  headerSecrets: headerSecretsSchema.optional(),
  /** Name of the secret sent as `Authorization: Bearer …`. */
  secret: z.string().max(200).optional(),
  prompt: z
    .strictObject({
      /** Sent before the input, as the system message. */
      system: z.string().max(1_000_000).optional(),
      /** Answered examples shown before the input. */
      fewShot: fewShotSchema.optional(),
    })
    .optional(),
  /** Sent as they are, e.g. `temperature`, `max_tokens`, `seed`. */
  parameters: z
    .record(z.string(), z.json())
    .superRefine((parameters, context) => {
      for (const key of reservedParameters) {
        if (!Object.hasOwn(parameters, key)) continue;
        context.addIssue({
          code: 'custom',
          path: [key],
          message: 'is set by other keys of the agent; leave it out here',
        });
      }
    })
    .optional(),
  /** As the endpoint wants them: `{type: function, function: {name, description?, parameters}}`. */
  tools: z.array(z.record(z.string(), z.json())).min(1).max(128).optional(),
  /** Ask for the answer piece by piece; it counts when it is whole. @default false */
  stream: z.boolean().optional(),
  /** `json`: the text of the answer must be JSON, and the output is what it says. @default "text" */
  response: z.enum(['text', 'json']).optional(),
  /** What the endpoint takes; `costUsd` comes from it and the tokens of the answer. */
  prices: z
    .strictObject({
      inputPerMillionUsd: z.number().min(0),
      outputPerMillionUsd: z.number().min(0),
      /** For input that the endpoint had cached, where its usage tells. @default inputPerMillionUsd */
      cachedInputPerMillionUsd: z.number().min(0).optional(),
      /** When these prices held: `2026-01-31`. */
      dated: z.iso.date().optional(),
    })
    .optional(),
  /** Largest answer read, in bytes. @default 10485760 */
  maxResponseBytes: z.int().min(1).max(104_857_600).optional(),
  ...commonFields,
});

export const agentConfigSchema = z.discriminatedUnion('adapter', [
  httpAgentSchema,
  openaiAgentSchema,
  execAgentSchema,
  functionAgentSchema,
  replayAgentSchema,
]);
export type HttpAgentConfig = z.infer<typeof httpAgentSchema>;
export type OpenaiAgentConfig = z.infer<typeof openaiAgentSchema> & { prompt?: { fewShot?: FewShotRule } };
export type ExecAgentConfig = z.infer<typeof execAgentSchema>;
export type FunctionAgentConfig = z.infer<typeof functionAgentSchema>;
export type ReplayAgentConfig = z.infer<typeof replayAgentSchema>;
export type AgentConfig =
  | HttpAgentConfig
  | OpenaiAgentConfig
  | ExecAgentConfig
  | FunctionAgentConfig
  | ReplayAgentConfig;
export type TokenPrices = NonNullable<OpenaiAgentConfig['prices']>;
