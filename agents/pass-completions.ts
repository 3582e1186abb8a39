import type { OpenaiAgentConfig } from '../schema/contracts/agent.ts';
import type { AgentUsage } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import type { AgentDependencies } from './agent-dependencies.ts';
import { type ChatMessage, shotMessages } from './chat-messages.ts';
import { decodeBody } from './decode-body.ts';
import { eventData } from './event-framer.ts';
import { type FailedAnswer, failedAnswer } from './failed-answer.ts';
import { type HttpRequest, httpEndpoint } from './http-endpoint.ts';
import { type Exchanged, httpExchange } from './http-exchange.ts';
import { type CompletionBody, mergeCompletion } from './merge-completion.ts';
import { completionsUrl } from './openai-agent.ts';
import { readCachedTokens, readUsage } from './read-usage.ts';
import { type Beginning, type OpenedStream, streamExchange } from './stream-exchange.ts';
import { withTokenCost } from './with-token-cost.ts';

/** A completion that came whole, as its endpoint wrote it. */
export interface PassedWhole {
  ok: true;
  kind: 'whole';
  body: Buffer;
  latencyMs: number;
}

/** One that has begun to come. */
export interface PassedStream {
  ok: true;
  kind: 'stream';
  stream: OpenedStream;
}

export type FailedPass = FailedAnswer & {
  /** What the endpoint said of a request that it found wrong: a status from 400 to 499, and its error without secrets. */
  said?: { status: number; error: { [key: string]: Json } };
};

/** The way to a model for bodies that come from elsewhere and answers that are passed on. */
export interface CompletionsPass {
  /** Rejects only with the reason of an aborted signal. */
  send(body: CompletionBody, request: HttpRequest): Promise<PassedWhole | PassedStream | FailedPass>;
  /** Tokens and cost, of what an endpoint wrote as `usage`. */
  usageOf(usage: unknown): AgentUsage | undefined;
  close(): Promise<void>;
}

/** Statuses with which an endpoint speaks of the request. Others (401, 403, 404) speak of how the agent is set up. */
const aboutRequest = new Set([400, 413, 415, 422, 429]);

/**
 * Chat completions of an agent version for a caller's bodies (docs/adr/0043): merged by `mergeCompletion`, sent, and the answer handed
 * back as it came.
 */
export function passCompletions(config: OpenaiAgentConfig, dependencies: AgentDependencies): CompletionsPass {
  const url = completionsUrl(config.baseUrl);
  const endpoint = httpEndpoint({ ...config, url, urlKey: 'baseUrl' }, dependencies);

  async function prepare(body: CompletionBody): Promise<string | { problem: string }> {
    const shots = await pickShots(body);
    if (!Array.isArray(shots)) return shots;
    const merged = mergeCompletion(config, body, shots);
    return 'problem' in merged ? (merged as { problem: string }) : JSON.stringify(merged);
  }

  async function pickShots(body: CompletionBody): Promise<ChatMessage[] | { problem: string }> {
    const rule = config.prompt?.fewShot;
    if (rule === undefined) return [];
    if (dependencies.shots === undefined || rule.versionId === undefined) {
      return { problem: `there are no examples of ${rule.dataset} at hand for prompt.fewShot` };
    }
    try {
      return shotMessages(await dependencies.shots.pick(rule, { input: body.messages }));
    } catch (error) {
      return { problem: `the examples of ${rule.dataset} cannot be read: ${(error as Error).message}` };
    }
  }

  async function send(body: CompletionBody, request: HttpRequest): Promise<PassedWhole | PassedStream | FailedPass> {
    request.signal?.throwIfAborted();
    const prepared = await prepare(body);
    if (typeof prepared !== 'string') {
      return failedAnswer('not_configured', `the messages cannot be sent to ${endpoint.shown}: ${prepared.problem}`, 0);
    }
    const way = endpoint.way(request);
    if (!way.ok) return way;
    if (body.stream !== true) {
      return readWhole(await httpExchange(way.pool, { ...way, body: prepared, signal: request.signal }), request);
    }
    const opened = await streamExchange(way, { body: prepared, signal: request.signal, judge });
    return opened.kind === 'stream'
      ? { ok: true, kind: 'stream', stream: opened }
      : readWhole(opened.exchanged, request);
  }

  async function readWhole(exchanged: Exchanged, { signal }: HttpRequest): Promise<PassedWhole | FailedPass> {
    if (exchanged.ended === 'aborted') throw signal?.reason;
    const { status, latencyMs } = exchanged;
    if (exchanged.ended !== 'complete' || status >= 300) return withSaid(endpoint.explain(exchanged), exchanged);
    const type = String(exchanged.headers['content-type']);
    if (type.startsWith('text/event-stream')) {
      return brokenStream(exchanged);
    }
    const encoding = exchanged.headers['content-encoding'];
    const decoded = encoding === undefined ? exchanged.body : await decodeBody(exchanged.body, encoding, maxBytes);
    if (decoded === 'too_large') return endpoint.explain({ ...exchanged, ended: 'too_large', bytes: maxBytes + 1 });
    const invalid = (problem: string) => endpoint.invalidOutput({ status, latencyMs }, problem, 'a chat completion');
    if ('fault' in decoded) return invalid(decoded.fault);
    // Cheap, and no user must see the sign-in page of a proxy: only what is a completion is one.
    const first = decoded.subarray(0, 512).toString('latin1').trimStart();
    if (!first.startsWith('{') || !decoded.includes('"choices"')) {
      const error = decoded.length < 65_536 && decoded.includes('"error"') ? readError(decoded) : undefined;
      if (error !== undefined) return sentError(error, latencyMs);
      return invalid(`its body is no completion: found ${endpoint.quote(decoded.toString('utf8', 0, 2_000))}`);
    }
    return { ok: true, kind: 'whole', body: decoded, latencyMs };
  }

  /** A stream that ended before it answered anything. */
  function brokenStream(exchanged: Exchanged): FailedPass {
    for (const { data } of eventData(exchanged.body.toString('utf8'))) {
      const { error } = parse(data) ?? {};
      if (error) return sentError(error, exchanged.latencyMs);
    }
    const problem = `its stream ended after ${exchanged.bytes} bytes, before it answered`;
    return failedAnswer('connection_reset', `agent at ${endpoint.shown} broke off: ${problem}`, exchanged.latencyMs);
  }

  function sentError(error: unknown, latencyMs: number): FailedPass {
    const text = typeof error === 'string' ? error : JSON.stringify(error);
    return failedAnswer(
      'server_error',
      `agent at ${endpoint.shown} answered with an error: ${endpoint.quote(text)}`,
      latencyMs,
    );
  }

  function withSaid(failure: FailedAnswer, { status, body }: Exchanged): FailedPass {
    if (!aboutRequest.has(status)) return failure;
    const error = readError(body);
    const { message, type, param, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<
      string,
      unknown
    >;
    const text = (value: unknown) => (typeof value === 'string' ? endpoint.redact(value) : null);
    const said = {
      message: text(message) ?? failure.message,
      type: text(type) ?? (status === 429 ? 'rate_limit_error' : 'invalid_request_error'),
      param: text(param),
      code: text(code),
    };
    return { ...failure, said: { status, error: said } };
  }

  const maxBytes = config.maxResponseBytes ?? 10_485_760;
  return {
    send,
    usageOf: (usage) => withTokenCost(readUsage(usage), config.prices, readCachedTokens(usage)),
    close: endpoint.close,
  };
}

/** Role pieces and empty ones say nothing yet: up to the first that answers, another model can still be asked. */
function judge(events: Buffer): Beginning {
  let beginning: Beginning = 'nothing_yet';
  for (const { data } of eventData(events.toString('utf8'))) {
    if (data === '[DONE]') return beginning === 'nothing_yet' ? 'fails' : beginning;
    const chunk = parse(data);
    if (chunk === null) return 'fails';
    if (chunk.error) return beginning === 'answers' ? beginning : 'fails';
    const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
    if (choices.some(saysSomething)) beginning = 'answers';
  }
  return beginning;
}

function saysSomething(choice: { delta?: Record<string, unknown> | null; finish_reason?: unknown } | null): boolean {
  if (choice?.finish_reason) return true;
  return Object.entries(choice?.delta ?? {}).some(
    ([key, value]) => key !== 'role' && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: nothing of it is certain, and each use checks
function parse(text: string): any {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function readError(body: Buffer): unknown {
  return parse(body.toString('utf8'))?.error;
}
