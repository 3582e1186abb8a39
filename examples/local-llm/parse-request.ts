import { z } from 'zod';
import { ApiError } from './api-error.ts';

export const modelName = 'smollm2-135m-instruct';

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(textPart).min(1)]),
  name: z.string().optional(),
});
/** Control characters have no place in a label, nor in the grammar made of it. */
const label = z.string().regex(/^\P{Cc}{1,200}$/u, 'expected a label of 1 to 200 characters on one line');
const maxTokens = z.int().min(1).optional();

const request = z.strictObject({
  model: z.string(),
  messages: z.array(message).min(1),
  /** 0 = always the likeliest token: the same request has the same answer. @default 1 */
  temperature: z.number().min(0).max(2).default(1),
  top_p: z.number().gt(0).max(1).optional(),
  seed: z.int().optional(),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(4)]).optional(),
  n: z.literal(1).optional(),
  user: z.string().optional(),
  stream: z.boolean().default(false),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).optional(),
  /** The answer is one of these labels and nothing else; the name is vLLM's. */
  guided_choice: z.array(label).min(1).max(200).optional(),
  response_format: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: z.string(),
          description: z.string().optional(),
          schema: z.record(z.string(), z.json()),
          strict: z.boolean().optional(),
        }),
      }),
    ])
    .optional(),
});

export interface CompletionRequest {
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
  temperature: number;
  topP: number | undefined;
  seed: number | undefined;
  /** Undefined: as many as the context has room for. */
  maxTokens: number | undefined;
  stop: string[];
  /** What the answer is held to. */
  shape: Shape | undefined;
  stream: boolean;
  includeUsage: boolean;
}
export type Shape = { kind: 'choice'; choices: string[] } | { kind: 'json' } | { kind: 'schema'; schema: object };

/** Reads the body of a request. @throws ApiError 400 naming the first parameter at fault, 404 for another model. */
export function parseRequest(body: string): CompletionRequest {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new ApiError(400, `the body is not JSON: ${(error as Error).message}`);
  }
  const parsed = request.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    const param = [...(issue?.path ?? []), ...unknown].join('.');
    throw new ApiError(400, `${param || 'the body'}: ${issue?.message}`, param === '' ? {} : { param });
  }
  const given = parsed.data;
  if (given.model !== modelName) {
    const message = `the model ${JSON.stringify(given.model)} is not here; this endpoint has ${modelName}`;
    throw new ApiError(404, message, { param: 'model', code: 'model_not_found' });
  }
  const shape = shapeOf(given);
  if (given.guided_choice && given.response_format && shape) {
    const message = 'guided_choice: an answer is held to labels or to a response_format; leave one of the two out';
    if (given.response_format.type !== 'text') throw new ApiError(400, message, { param: 'guided_choice' });
  }
  return {
    messages: given.messages.map(({ role, content }) => ({
      role: role === 'developer' ? 'system' : role,
      content: typeof content === 'string' ? content : content.map(({ text }) => text).join(''),
    })),
    temperature: given.temperature,
    topP: given.top_p,
    seed: given.seed,
    maxTokens: given.max_completion_tokens ?? given.max_tokens,
    stop: typeof given.stop === 'string' ? [given.stop] : (given.stop ?? []),
    shape,
    stream: given.stream,
    includeUsage: given.stream_options?.include_usage ?? false,
  };
}

function shapeOf({ guided_choice: choices, response_format: format }: z.infer<typeof request>): Shape | undefined {
  if (choices !== undefined) return { kind: 'choice', choices };
  if (format?.type === 'json_object') return { kind: 'json' };
  if (format?.type === 'json_schema') return { kind: 'schema', schema: format.json_schema.schema };
  return undefined;
}
