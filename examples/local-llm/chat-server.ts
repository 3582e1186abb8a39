import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { ApiError } from './api-error.ts';
import type { Answer, LanguageModel } from './load-model.ts';
import { type CompletionRequest, modelName, parseRequest } from './parse-request.ts';

const maxBodyBytes = 1_048_576;
const startedAt = seconds();

/** `GET /v1/models` and `POST /v1/chat/completions` as OpenAI's clients expect them, in front of one model. */
export function chatServer(model: LanguageModel): Server {
  return createServer((request, response) => {
    route(model, request, response).catch((error: unknown) => fail(response, error));
  });
}

async function route(model: LanguageModel, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (path === '/v1/models' && request.method === 'GET') {
    const data = [{ id: modelName, object: 'model', created: startedAt, owned_by: 'HuggingFaceTB' }];
    return sendJson(response, 200, { object: 'list', data });
  }
  if (path !== '/v1/chat/completions' || request.method !== 'POST') {
    throw new ApiError(404, `${request.method} ${path} is not here; GET /v1/models and POST /v1/chat/completions are`);
  }
  await answer(model, parseRequest(await readBody(request)), response);
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
    throw new ApiError(413, `the body is larger than ${maxBodyBytes} bytes`);
  }
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) request.destroy();
  });
  return text(request);
}

async function answer(model: LanguageModel, request: CompletionRequest, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const head = { id: `chatcmpl-${randomUUID()}`, created: seconds(), model: modelName };
  if (!request.stream) {
    const done = await model.complete(request, { signal: gone.signal });
    const message = { role: 'assistant', content: done.text, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: done.finishReason }];
    return sendJson(response, 200, { ...head, object: 'chat.completion', choices, usage: usageOf(done) });
  }
  const chunk = (delta: object, finishReason: string | null, usage?: object | null) => {
    // Refusals come before the first piece, and then have a status of their own.
    if (!response.headersSent) {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    }
    const choices = usage ? [] : [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
    const data = { ...head, object: 'chat.completion.chunk', choices, ...(usage === undefined ? {} : { usage }) };
    response.write(`data: ${JSON.stringify(data)}\n\n`);
  };
  const none = request.includeUsage ? null : undefined;
  let begun = false;
  const say = (content: string) => {
    chunk(begun ? { content } : { role: 'assistant', content }, null, none);
    begun = true;
  };
  const done = await model.complete(request, { signal: gone.signal, onText: say });
  if (!begun) say('');
  chunk({}, done.finishReason, none);
  if (request.includeUsage) chunk({}, null, usageOf(done));
  response.end('data: [DONE]\n\n');
}

function usageOf({ promptTokens, completionTokens }: Answer) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  if (!(error instanceof ApiError)) console.error(error);
  const refusal = error instanceof ApiError ? error : new ApiError(500, (error as Error).message);
  if (!response.headersSent) sendJson(response, refusal.status, refusal.body);
  else response.end(`data: ${JSON.stringify(refusal.body)}\n\n`);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
