import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { CompletionBody } from '../../agents/merge-completion.ts';
import { readCompletion } from '../../agents/read-completion.ts';
import type { AgentAnswer } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { SluiceError } from '../../schema/errors.ts';
import { answerHeaders } from './answer-headers.ts';
import { toCompletion, toEvents } from './chat-answer.ts';
import { chatErrorOfFailure } from './chat-error.ts';
import type { CallContext, Gateway } from './create-gateway.ts';
import { readCallHeaders } from './read-call-headers.ts';
import type { Facts, Reply } from './reply.ts';
import type { ServedVersion } from './served-version.ts';
import { streamToUser } from './stream-to-user.ts';
import { userGone } from './user-gone.ts';

const json = 'application/json';
const eventStream = 'text/event-stream; charset=utf-8';

/** Answers a chat completion through the gateway. @throws {SluiceError} for a call that cannot be understood */
export async function serveChat(
  gateway: Gateway,
  input: { projectId: string; body: Buffer; request: IncomingMessage; reply: FastifyReply },
): Promise<void> {
  const body = readBody(input.body);
  const { raw: response } = input.reply;
  const { unit, ...headers } = readCallHeaders(input.request.headers, body.user);
  const gone = userGone(response);
  try {
    const call = await gateway.serve({
      projectId: input.projectId,
      agent: body.model as string,
      unit,
      ...headers,
      signal: gone.signal,
      ask: (served, context) => ask(body, served, context),
      input: () => body.messages,
      inputBytes: input.body.length,
    });
    input.reply.hijack();
    const { reply } = call;
    const told = answerHeaders(call, unit);
    if (!reply.ok) {
      const { status, body: error } = chatErrorOfFailure(reply);
      if (reply.retryAfterMs !== undefined) told['retry-after'] = Math.ceil(reply.retryAfterMs / 1_000);
      send(response, status, { ...told, 'content-type': json }, JSON.stringify(error));
      call.finished({ errorClass: reply.errorClass, facts: reply.usage ? { usage: reply.usage } : {} });
      return;
    }
    if (reply.kind === 'whole') {
      send(response, 200, { ...told, 'content-type': reply.contentType }, reply.body);
      call.finished({ errorClass: null, facts: reply.facts() });
      return;
    }
    gone.end();
    response.writeHead(200, {
      ...told,
      'content-type': eventStream,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const { errorClass, facts } = await streamToUser(reply, response);
    call.finished({ errorClass, firstTokenMs: reply.stream.firstTokenMs, facts });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    // Nobody is there to be told.
    input.reply.hijack();
  } finally {
    gone.end();
  }
}

function send(
  response: FastifyReply['raw'],
  status: number,
  headers: Record<string, string | number>,
  body: Buffer | string,
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** One version's answer: of a model by passing the body on, of any other agent by asking it with the messages as its input. */
async function ask(body: CompletionBody, served: ServedVersion, call: CallContext): Promise<Reply> {
  const { pass, agent, config } = served;
  // What nobody reads need not come in pieces.
  const sent = call.context.shadow && body.stream === true ? unstreamed(body) : body;
  const isStream = sent.stream === true;
  const tellsUsage = (sent.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true;
  if (pass !== null) {
    const passed = await pass.send(sent, call);
    if (!passed.ok) return passed;
    const response = ('response' in config ? config.response : undefined) ?? 'text';
    if (passed.kind === 'stream') return { ...passed, usageOf: pass.usageOf, tellsUsage, response };
    const facts = (): Facts => factsOf(passed.body, pass.usageOf, response);
    if (!isStream) return { ok: true, kind: 'whole', body: passed.body, contentType: json, facts };
    // Some endpoints answer whole although a stream was asked for.
    const events = toEvents(JSON.parse(passed.body.toString('utf8')), tellsUsage);
    return { ok: true, kind: 'whole', body: events, contentType: eventStream, facts };
  }
  const answer = await agent.call({
    ...call,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    input: body.messages,
    example: { id: call.context.trialId, metadata: {} },
  } as Parameters<typeof agent.call>[0]);
  if (!answer.ok) return answer;
  const name = 'model' in config ? config.model : String(body.model);
  const completion = toCompletion(answer, name);
  return {
    ok: true,
    kind: 'whole',
    body: isStream ? toEvents(completion, tellsUsage) : JSON.stringify(completion),
    contentType: isStream ? eventStream : json,
    facts: () => ({ usage: answer.usage, steps: countSteps(answer), output: () => answer.output }),
  };
}

/** How many steps an answer tells. */
export function countSteps({ steps }: AgentAnswer & { ok: true }): number | undefined {
  return Array.isArray(steps) ? steps.length + (steps.at(-1)?.omitted ?? 0) : steps;
}

function unstreamed({ stream: _, stream_options: __, ...body }: CompletionBody): CompletionBody {
  return body as CompletionBody;
}

function factsOf(body: Buffer, usageOf: (usage: unknown) => Facts['usage'], response: 'text' | 'json'): Facts {
  try {
    const completion = JSON.parse(body.toString('utf8'));
    const output = () => {
      const read = readCompletion(completion, response);
      return 'output' in read ? read.output : undefined;
    };
    return { usage: usageOf(completion.usage), output, outputBytes: body.length };
  } catch {
    return {};
  }
}

/** @throws {SluiceError} invalid_input naming what is wrong with it */
function readBody(bytes: Buffer | undefined): CompletionBody {
  let body: Json;
  try {
    body = JSON.parse(bytes?.toString('utf8') ?? '');
  } catch (error) {
    throw wrong('body', `is not JSON: ${(error as Error).message}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw wrong('body', 'expected an object');
  const { model, messages } = body;
  if (typeof model !== 'string' || model === '') throw wrong('model', 'expected the name of an agent');
  if (!Array.isArray(messages) || messages.length === 0) throw wrong('messages', 'expected a list of messages');
  const at = messages.findIndex(
    (one) => typeof one !== 'object' || one === null || Array.isArray(one) || typeof one.role !== 'string',
  );
  if (at !== -1) throw wrong(`messages[${at}]`, 'expected an object with a role');
  return body as CompletionBody;
}

function wrong(path: string, problem: string): SluiceError {
  const message = `${path}: ${problem}`;
  return new SluiceError({ code: 'invalid_input', message, details: [{ path, message }] });
}
