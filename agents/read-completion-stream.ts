import type { Completion, CompletionFault } from './read-completion.ts';

type Delta = {
  content?: unknown;
  refusal?: unknown;
  tool_calls?: { index?: number; function?: { name?: string; arguments?: string } }[];
};
type Chunk = {
  error?: unknown;
  model?: unknown;
  usage?: unknown;
  choices?: ({ index?: number; delta?: Delta | null; finish_reason?: unknown } | null)[];
};

/**
 * Puts the pieces of a streamed completion (server-sent events, `data: {…}` up to `data: [DONE]`) together as one
 * that came whole. A stream that ends before the model said it was done has broken off.
 */
export function readCompletionStream(text: string): { completion: Completion } | CompletionFault {
  const message: Completion['choices'][0]['message'] = { content: null };
  const choice: Completion['choices'][0] = { message };
  const completion: Completion = { choices: [choice] };
  const toolCalls: { function: { name: string; arguments: string } }[] = [];
  let pieces = 0;
  for (const data of eventsOf(text)) {
    if (data === '[DONE]') {
      if (pieces > 0) choice.finish_reason ??= 'stop';
      break;
    }
    let chunk: Chunk | null;
    try {
      chunk = JSON.parse(data);
    } catch {
      const { usage } = completion;
      return { errorClass: 'invalid_output', problem: 'a piece of its stream is not JSON', found: data, usage };
    }
    if (typeof chunk !== 'object' || chunk === null) continue;
    if (chunk.error) return { error: chunk.error, usage: chunk.usage ?? completion.usage };
    if (chunk.model !== undefined) completion.model = chunk.model;
    if (chunk.usage) completion.usage = chunk.usage;
    for (const part of Array.isArray(chunk.choices) ? chunk.choices : []) {
      if (part === null || (part.index ?? 0) !== 0) continue;
      pieces++;
      const { content, refusal, tool_calls } = part.delta ?? {};
      if (typeof content === 'string') message.content = (message.content ?? '') + content;
      if (typeof refusal === 'string') message.refusal = (message.refusal ?? '') + refusal;
      for (const [place, piece] of (Array.isArray(tool_calls) ? tool_calls : []).entries()) {
        const at = Math.min(Math.max(0, piece.index ?? place), toolCalls.length);
        toolCalls[at] ??= { function: { name: '', arguments: '' } };
        toolCalls[at].function.name += piece.function?.name ?? '';
        toolCalls[at].function.arguments += piece.function?.arguments ?? '';
      }
      if (part.finish_reason) choice.finish_reason = part.finish_reason;
    }
  }
  if (!choice.finish_reason) {
    const problem = `its stream ended after ${pieces} pieces, before the end`;
    return { errorClass: 'connection_reset', problem, usage: completion.usage };
  }
  if (toolCalls.length > 0) message.tool_calls = toolCalls;
  return { completion };
}

/** The data of each event; comments (`: keep-alive`) and other fields are left out. */
function* eventsOf(text: string): Generator<string> {
  let data: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
    if (line !== '' || data.length === 0) continue;
    yield data.join('\n');
    data = [];
  }
  // Some servers leave out the empty line after the last event. A piece cut in the middle is no event.
  if (data.join('') === '[DONE]') yield '[DONE]';
}
