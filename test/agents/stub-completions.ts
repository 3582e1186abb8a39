import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: { messages: { role: string; content: unknown }[] } & Record<string, unknown>;
}

/** A real HTTP endpoint for chat completions that answers as `answer` does, and keeps what it was asked. */
export async function startStubCompletions() {
  const asked: Asked[] = [];
  let answer: (response: ServerResponse, asked: Asked) => void = (response) => completion(response, {});
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const one = { path: request.url ?? '', headers: request.headers, body: JSON.parse(text) };
    asked.push(one);
    answer(response, one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    answers(how: typeof answer) {
      answer = how;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A whole completion with this message, from `stub-1`: 1,000 tokens in, 200 out. */
export function completion(response: ServerResponse, message: object, choice: object = { finish_reason: 'stop' }) {
  sendJson(response, {
    model: 'stub-1',
    choices: [{ index: 0, message: { role: 'assistant', content: 'fine', ...message }, ...choice }],
    usage: { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200 },
  });
}

export function sendJson(response: ServerResponse, body: object, status = 200, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** One piece of a stream. */
export function piece(delta: object, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ model: 'stub-1', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

/** The chunk that `include_usage` asks for. */
export const usagePiece = `data: {"model":"stub-1","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":200}}\n\n`;

export const done = 'data: [DONE]\n\n';

/** Sends these bytes as a stream of events. */
export function stream(response: ServerResponse, text: string) {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end(text);
}
