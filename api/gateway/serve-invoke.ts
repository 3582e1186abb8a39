import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { attributesSchema, unitSchema } from '../../schema/contracts/traffic.ts';
import { SluiceError } from '../../schema/errors.ts';
import { answerHeaders } from './answer-headers.ts';
import { statusOfFailure } from './chat-error.ts';
import type { CallContext, Gateway } from './create-gateway.ts';
import { readCallHeaders } from './read-call-headers.ts';
import type { Reply } from './reply.ts';
import { countSteps } from './serve-chat.ts';
import type { ServedVersion } from './served-version.ts';
import { userGone } from './user-gone.ts';

const invokeSchema = z.strictObject({
  input: z.json(),
  /** Sent along with Sluice's own. */
  context: z.record(z.string().max(100), z.json()).optional(),
  unit: unitSchema.optional(),
  session: unitSchema.optional(),
  attributes: attributesSchema.optional(),
});
type Invoked = z.infer<typeof invokeSchema>;

/**
 * Answers a call of an agent in the shape of HTTP agents: `{output, steps?, usage?, model?}`.
 * @throws {SluiceError} for a call that cannot be understood
 */
export async function serveInvoke(
  gateway: Gateway,
  given: { projectId: string; agent: string; body: Buffer; request: IncomingMessage; reply: FastifyReply },
): Promise<void> {
  const body = parseInput(invokeSchema, readJson(given.body), 'the request');
  const { unit, ...headers } = readCallHeaders(given.request.headers, body.unit ?? body.session);
  const { raw: response } = given.reply;
  const gone = userGone(response);
  try {
    const call = await gateway.serve({
      projectId: given.projectId,
      agent: given.agent,
      unit,
      ...headers,
      attributes: body.attributes ?? headers.attributes,
      signal: gone.signal,
      ask: (served, context) => ask(body, served, context),
      input: () => body.input,
      inputBytes: given.body.length,
    });
    given.reply.hijack();
    const { reply } = call;
    const status = reply.ok ? 200 : (reply.said?.status ?? statusOfFailure(reply.errorClass));
    const answer =
      reply.ok && reply.kind === 'whole' ? reply.body : JSON.stringify(reply.ok ? {} : errorOf(reply, status));
    response.writeHead(status, {
      ...answerHeaders(call, unit),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
    call.finished(
      reply.ok
        ? { errorClass: null, facts: reply.kind === 'whole' ? reply.facts() : {} }
        : { errorClass: reply.errorClass, facts: reply.usage ? { usage: reply.usage } : {} },
    );
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    // Nobody is there to be told.
    given.reply.hijack();
  } finally {
    gone.end();
  }
}

async function ask(body: Invoked, { agent }: ServedVersion, call: CallContext): Promise<Reply> {
  const answer = await agent.call({
    input: body.input,
    context: { ...body.context, ...call.context },
    traceparent: call.traceparent,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    example: { id: call.context.trialId, metadata: {} },
  });
  if (!answer.ok) return answer;
  const { output, steps, usage, model } = answer;
  return {
    ok: true,
    kind: 'whole',
    body: JSON.stringify({ output, steps, usage, model }),
    contentType: 'application/json',
    facts: () => ({ usage, steps: countSteps(answer), output: () => output }),
  };
}

/** In the shape of Sluice's other errors. */
function errorOf({ errorClass, message }: Reply & { ok: false }, httpStatus: number) {
  return { error: { message, data: { httpStatus, sluice: { code: 'unavailable', errorClass } } } };
}

function readJson(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '');
  } catch (error) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `the request is not JSON: ${(error as Error).message}`,
      fix: 'Send {"input": …}, with content-type: application/json.',
    });
  }
}
