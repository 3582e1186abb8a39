import type { Shot } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';

export type ChatMessage = { [key: string]: Json };
type JsonObject = ChatMessage;

/**
 * An example's input as the messages of a chat completion: a text is what the user says; a list of `{role, content}`
 * is the conversation so far; a list of content parts is one message of the user; anything else is sent as JSON text.
 * `{messages: […]}` is read as its list.
 * @param system Goes first.
 * @returns the messages, or why the input cannot be sent.
 */
export function chatMessages(input: Json, system: string | undefined): JsonObject[] | { problem: string } {
  const messages: JsonObject[] = system === undefined ? [] : [{ role: 'system', content: system }];
  const given = isObject(input) && Array.isArray(input.messages) ? input.messages : input;
  if (isListOf(given, 'role')) {
    for (const [index, message] of given.entries()) {
      if (!isListOf(message.content, 'type')) {
        messages.push(message);
        continue;
      }
      const content = chatParts(message.content);
      if (!Array.isArray(content)) return { problem: `message ${index + 1}: ${content.problem}` };
      messages.push({ ...message, content });
    }
    return messages;
  }
  if (isListOf(given, 'type')) {
    const content = chatParts(given);
    if (!Array.isArray(content)) return content;
    messages.push({ role: 'user', content });
    return messages;
  }
  messages.push({ role: 'user', content: typeof given === 'string' ? given : JSON.stringify(given) });
  return messages;
}

/**
 * Answered examples as turns of user and assistant.
 * @returns the messages, or why one of them cannot be sent.
 */
export function shotMessages(shots: readonly Shot[]): ChatMessage[] | { problem: string } {
  const messages: ChatMessage[] = [];
  for (const { id, input, expected } of shots) {
    const asked = chatMessages(input, undefined);
    if (!Array.isArray(asked)) return { problem: `shot ${id}: ${asked.problem}` };
    const content = typeof expected === 'string' ? expected : JSON.stringify(expected);
    messages.push(...asked, { role: 'assistant', content });
  }
  return messages;
}

/** The messages with `shots` before the first that is no instruction. */
export function withShots(messages: ChatMessage[], shots: ChatMessage[]): ChatMessage[] {
  const at = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  return messages.toSpliced(at === -1 ? messages.length : at, 0, ...shots);
}

function chatParts(parts: JsonObject[]): JsonObject[] | { problem: string } {
  const sent: JsonObject[] = [];
  for (const [index, part] of parts.entries()) {
    const one = chatPart(part);
    if (one === undefined) {
      const wanted =
        part.type === 'image' ? '`url`, or `data` (base64) and `mediaType`' : '`data` (base64) and `mediaType`';
      return { problem: `part ${index + 1} (${part.type}) has no ${wanted}` };
    }
    sent.push(one);
  }
  return sent;
}

/** Parts of other types are taken to be the endpoint's own and pass as they are. */
function chatPart(part: JsonObject): JsonObject | undefined {
  if (part.type === 'image') {
    const url = typeof part.url === 'string' ? part.url : dataUrl(part);
    if (url === undefined) return undefined;
    return { type: 'image_url', image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) } };
  }
  if (part.type === 'audio') {
    const format = audioFormat(part);
    if (typeof part.data !== 'string' || format === undefined) return undefined;
    return { type: 'input_audio', input_audio: { data: part.data, format } };
  }
  return part;
}

function dataUrl({ data, mediaType }: JsonObject): string | undefined {
  return typeof data === 'string' && typeof mediaType === 'string' ? `data:${mediaType};base64,${data}` : undefined;
}

const audioFormats: Record<string, string> = { 'audio/mpeg': 'mp3', 'audio/x-wav': 'wav', 'audio/wave': 'wav' };

function audioFormat({ format, mediaType }: JsonObject): string | undefined {
  if (typeof format === 'string') return format;
  if (typeof mediaType !== 'string') return undefined;
  return audioFormats[mediaType] ?? mediaType.replace(/^audio\/(x-)?/, '');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, key: 'role' | 'type'): value is JsonObject[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && typeof one[key] === 'string')
  );
}
