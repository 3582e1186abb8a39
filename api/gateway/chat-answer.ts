import { randomUUID } from 'node:crypto';
import type { AgentAnswer } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';

type Answered = AgentAnswer & { ok: true };
type JsonObject = { [key: string]: Json };

/** What an agent that is no model answered, as a chat completion. */
export function toCompletion(answer: Answered, agent: string): JsonObject {
  const { content, ...special } = toMessage(answer.output);
  const usage = usageOf(answer);
  return {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: answer.model ?? agent,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: content ?? null, refusal: null, ...special },
        logprobs: null,
        finish_reason: special.tool_calls === undefined ? 'stop' : 'tool_calls',
      },
    ],
    ...(usage === undefined ? {} : { usage }),
  };
}

/** A completion that came whole, as the events of a stream: one with all of the message, one that ends it. */
export function toEvents(completion: JsonObject, tellsUsage: boolean): string {
  const { choices, usage, object: _, ...head } = completion;
  const base = { ...head, object: 'chat.completion.chunk' };
  const given = Array.isArray(choices) ? (choices as JsonObject[]) : [];
  const events: JsonObject[] = [
    {
      ...base,
      choices: given.map(({ index = 0, message }) => ({ index, delta: toDelta(message), finish_reason: null })),
    },
    { ...base, choices: given.map(({ index = 0, finish_reason = 'stop' }) => ({ index, delta: {}, finish_reason })) },
    ...(tellsUsage && usage !== undefined ? [{ ...base, choices: [], usage }] : []),
  ];
  return `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
}

/** Tool calls of a piece say where they belong. */
function toDelta(message: Json | undefined): JsonObject {
  const { tool_calls: calls, ...delta } = (message ?? {}) as JsonObject;
  if (!Array.isArray(calls)) return delta;
  return { ...delta, tool_calls: (calls as JsonObject[]).map((call, index) => ({ index, ...call })) };
}

/** A text is what the assistant says; `{toolCalls}` and `{refusal}` are what they are for models; all else is JSON text. */
function toMessage(output: Json): { content?: string; refusal?: string; tool_calls?: Json[] } {
  if (typeof output === 'string') return { content: output };
  if (typeof output === 'object' && output !== null && !Array.isArray(output)) {
    const { toolCalls, refusal, content } = output;
    if (typeof refusal === 'string' && Object.keys(output).length === 1) return { refusal };
    if (Array.isArray(toolCalls) && toolCalls.every(isToolCall)) {
      const tool_calls = toolCalls.map(({ name, arguments: given }) => ({
        id: `call_${randomUUID()}`,
        type: 'function',
        function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}) },
      }));
      return { ...(typeof content === 'string' ? { content } : {}), tool_calls };
    }
  }
  return { content: JSON.stringify(output) };
}

function isToolCall(value: Json): value is { name: string; arguments: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.name === 'string';
}

function usageOf({ usage }: Answered): JsonObject | undefined {
  if (usage?.inputTokens === undefined && usage?.outputTokens === undefined) return undefined;
  const { inputTokens = 0, outputTokens = 0 } = usage;
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}
