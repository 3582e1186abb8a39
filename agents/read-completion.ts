import type { ErrorClass } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { whyNotStorable } from '../schema/why-not-storable.ts';

/** What is read of a chat completion; nothing of it is certain. */
export interface Completion {
  model?: unknown;
  usage?: unknown;
  choices: [
    {
      message: {
        content?: string | null;
        refusal?: string | null;
        tool_calls?: { function: { name: string; arguments: string } }[];
      };
      finish_reason?: unknown;
    },
  ];
}

export type CompletionFault = (
  | {
      errorClass: ErrorClass;
      problem: string;
      /** What was there, to be quoted. */
      found?: string;
    }
  /** What the endpoint sent as `error` with a status of success. */
  | { error: unknown }
) & {
  /** What it said that it used, as far as it came. */
  usage?: unknown;
};

/**
 * The output of a completion: its text, with `response: json` what the text says; `{toolCalls: [{name, arguments}]}`
 * when the model calls tools; `{refusal}` when it refuses. A refusal is an answer, which evaluators judge: see
 * docs/adr/0030. Ids of tool calls are left out: they are random, and equal answers would differ by them.
 */
export function readCompletion(completion: unknown, response: 'text' | 'json'): { output: Json } | CompletionFault {
  if (typeof completion !== 'object' || completion === null) return wrong('its body is no object');
  if ('error' in completion && completion.error) return { error: completion.error };
  const choice = (completion as Partial<Completion>).choices?.[0];
  const message = choice?.message;
  if (typeof message !== 'object' || message === null) {
    return wrong('it has no choices[0].message', JSON.stringify(completion));
  }
  const read = readMessage(message, choice?.finish_reason, response);
  if (!('output' in read)) return read;
  const why = whyNotStorable(read.output);
  return why === null ? read : wrong(`its output cannot be stored: ${why}`);
}

type Message = Completion['choices'][0]['message'];

function readMessage(message: Message, finish: unknown, response: 'text' | 'json'): { output: Json } | CompletionFault {
  const { content, refusal, tool_calls } = message;
  if (typeof refusal === 'string' && refusal !== '') return { output: { refusal } };
  if (Array.isArray(tool_calls) && tool_calls.length > 0) return readToolCalls(tool_calls, content);
  if (finish === 'content_filter' && !content) return { output: { refusal: 'content_filter' } };
  if (typeof content !== 'string') {
    return wrong('choices[0].message has neither content nor tool calls', JSON.stringify(message));
  }
  if (response === 'text') return { output: content };
  try {
    return { output: JSON.parse(content) };
  } catch {
    const cut = finish === 'length' ? ' (cut off: finish_reason is length)' : '';
    return wrong(`its content is not JSON${cut}`, content);
  }
}

function readToolCalls(
  calls: NonNullable<Message['tool_calls']>,
  content: unknown,
): { output: Json } | CompletionFault {
  const toolCalls: Json[] = [];
  for (const [index, call] of calls.entries()) {
    const name = call?.function?.name;
    const text = call?.function?.arguments;
    if (typeof name !== 'string' || name === '')
      return wrong(`tool call ${index + 1} has no name`, JSON.stringify(call));
    try {
      // Tools without parameters are called with nothing at all by some models.
      toolCalls.push({ name, arguments: text === undefined || text === '' ? {} : JSON.parse(text) });
    } catch {
      return wrong(`the arguments of tool call ${index + 1} (${name.slice(0, 64)}) are not JSON`, text);
    }
  }
  return { output: { toolCalls, ...(typeof content === 'string' && content !== '' ? { content } : {}) } };
}

function wrong(problem: string, found?: string): CompletionFault {
  return { errorClass: 'invalid_output', problem, ...(found === undefined ? {} : { found }) };
}
