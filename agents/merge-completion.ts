import type { OpenaiAgentConfig } from '../schema/contracts/agent.ts';
import type { Json } from '../schema/contracts/json.ts';
import { type ChatMessage, chatMessages, withShots } from './chat-messages.ts';

/** The body of a chat completion as a caller sends it; nothing of it is certain but `messages`. */
export type CompletionBody = { [key: string]: Json } & { messages: ChatMessage[] };

/**
 * What an agent version makes of a caller's body. The version decides: its `model`, and each of its `parameters`, go before the caller's;
 * its system prompt and its shots stand before the caller's messages; its tools stand before those of the caller that have
 * other names. All else is the caller's. Streams are asked to tell their usage.
 * @returns the body to send, or why the messages cannot be sent
 */
export function mergeCompletion(
  config: OpenaiAgentConfig,
  body: CompletionBody,
  shots: ChatMessage[],
): CompletionBody | { problem: string } {
  const messages = chatMessages(body.messages, config.prompt?.system);
  if (!Array.isArray(messages)) return messages;
  const merged: CompletionBody = {
    ...body,
    ...(config.response === 'json' ? { response_format: { type: 'json_object' } } : {}),
    ...config.parameters,
    model: config.model,
    messages: shots.length === 0 ? messages : withShots(messages, shots),
  };
  if (config.tools !== undefined) merged.tools = mergeTools(config.tools as Json[], body.tools);
  if (body.stream === true) merged.stream_options = { ...asObject(body.stream_options), include_usage: true };
  return merged;
}

function mergeTools(own: Json[], given: Json | undefined): Json[] {
  if (!Array.isArray(given)) return own;
  const names = new Set(own.map(nameOf));
  return [...own, ...given.filter((tool) => !names.has(nameOf(tool)))];
}

function nameOf(tool: Json): string {
  const { name } = asObject(asObject(tool).function);
  return typeof name === 'string' ? name : JSON.stringify(tool);
}

function asObject(value: Json | undefined): { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
