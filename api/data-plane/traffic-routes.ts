import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import {
  type AssignmentsAnswer,
  assignmentsRequestSchema,
  type ExposuresAnswer,
  exposuresRequestSchema,
} from '../../schema/contracts/traffic.ts';
import type { Principal } from '../../store/keys/find-key.ts';
import type { Store } from '../../store/open-database.ts';
import { bodyError } from '../ingest/body-error.ts';
import { sendError } from '../ingest/send-error.ts';
import { requireRole } from '../require-role.ts';
import { allowBrowsers } from './allow-browsers.ts';
import type { DataPlane } from './create-data-plane.ts';
import { assign, type LiveAgent, leasedSplit } from './live-agent.ts';
import { principalOf } from './principal-of.ts';
import { streamTraffic } from './stream-traffic.ts';
import { takeExposures } from './take-exposures.ts';

/**
 * `POST /v1/assignments` tells who gets what; `GET /v1/traffic/:agent` gives the split to clients that assign by themselves, as JSON with an
 * ETag or as server-sent events; `POST /v1/exposures` takes what they assigned. All of it needs a key that may ingest.
 */
export async function trafficRoutes(
  app: FastifyInstance,
  options: { dataPlane: DataPlane; db: Store; signal: AbortSignal },
): Promise<void> {
  const { dataPlane, db, signal } = options;
  const { live } = dataPlane;
  app.setErrorHandler((error: FastifyError, _request, reply) => sendError(bodyError(error), reply));
  allowBrowsers(app, ['/v1/assignments', '/v1/traffic/:agent', '/v1/exposures']);
  const authorize = async (request: FastifyRequest): Promise<Principal> =>
    requireRole(await principalOf(live, request), 'ingest');

  app.post('/v1/assignments', async (request): Promise<AssignmentsAnswer> => {
    const { projectId } = await authorize(request);
    const input = parseInput(assignmentsRequestSchema, request.body, 'the request');
    const agent = await live.agentOf({ projectId, agent: input.agent });
    const assignments = input.units.map((unit) => {
      const assignment = assign(agent, unit, { attributes: input.attributes });
      if (input.record !== false) dataPlane.expose(agent, assignment);
      const { randomised, ...answer } = assignment;
      return answer;
    });
    return { assignments };
  });

  app.get<{ Params: { agent: string } }>('/v1/traffic/:agent', async (request, reply) => {
    const { projectId } = await authorize(request);
    const agent = await live.agentOf({ projectId, agent: request.params.agent });
    if (request.headers.accept?.includes('text/event-stream')) {
      streamTraffic(reply, {
        read: () => live.byId(agent.agentId),
        onChange: (listener) => live.onChange(agent.agentId, listener),
        signal,
      });
      return reply;
    }
    const split = leasedSplit(agent);
    const etag = etagOf(agent);
    reply.headers({
      etag,
      'cache-control': 'no-cache',
      // An unchanged split is answered without a body; its lease goes on all the same.
      'x-sluice-lease-ms': split.leaseMs ?? 'none',
    });
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : split;
  });

  app.post('/v1/exposures', { bodyLimit: 16_777_216 }, async (request): Promise<ExposuresAnswer> => {
    const { projectId } = await authorize(request);
    const input = parseInput(exposuresRequestSchema, request.body, 'the request');
    return takeExposures({ db, dataPlane }, { projectId, request: input });
  });
}

/** The revision; where no run moves the traffic, the production version too, since it may change without a revision. */
function etagOf({ split }: LiveAgent): string {
  return split.runId === null ? `"${split.revision}-v${split.variants[0]?.version}"` : `"${split.revision}"`;
}
