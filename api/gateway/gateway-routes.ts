import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DataPlane } from '../data-plane/create-data-plane.ts';
import { principalOf } from '../data-plane/principal-of.ts';
import { bodyError } from '../ingest/body-error.ts';
import { sendError } from '../ingest/send-error.ts';
import { requireRole } from '../require-role.ts';
import { chatErrorOf } from './chat-error.ts';
import type { Gateway } from './create-gateway.ts';
import { serveChat } from './serve-chat.ts';
import { serveInvoke } from './serve-invoke.ts';

/** Largest body of a call: images and recordings travel in it. */
const bodyLimitBytes = 33_554_432;

/**
 * `POST /v1/chat/completions` speaks as OpenAI does, `model` being the agent; `POST /v1/agents/:agent/invoke` speaks as HTTP agents do.
 * Both need a key that may ingest. See docs/adr/0043.
 */
export async function gatewayRoutes(
  app: FastifyInstance,
  options: { dataPlane: DataPlane; gateway: Gateway },
): Promise<void> {
  const { dataPlane, gateway } = options;
  const { live } = dataPlane;
  const authorize = async (request: FastifyRequest): Promise<string> =>
    requireRole(await principalOf(live, request), 'ingest').projectId;

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyLimitBytes }, (_request, body, done) =>
    done(null, body),
  );

  app.post('/v1/chat/completions', {
    bodyLimit: bodyLimitBytes,
    errorHandler: (error: FastifyError, _request, reply: FastifyReply) => {
      const { status, body } = chatErrorOf(bodyError(error));
      return reply.code(status).send(body);
    },
    handler: async (request, reply) => {
      const projectId = await authorize(request);
      await serveChat(gateway, { projectId, body: request.body as Buffer, request: request.raw, reply });
      return reply;
    },
  });

  app.post<{ Params: { agent: string } }>('/v1/agents/:agent/invoke', {
    bodyLimit: bodyLimitBytes,
    errorHandler: (error: FastifyError, _request, reply: FastifyReply) => sendError(bodyError(error), reply),
    handler: async (request, reply) => {
      const projectId = await authorize(request);
      const { agent } = request.params;
      await serveInvoke(gateway, { projectId, agent, body: request.body as Buffer, request: request.raw, reply });
      return reply;
    },
  });
}
