import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import {
  type FeedbackAnswer,
  feedbackRequestSchema,
  type OutcomesAnswer,
  outcomesRequestSchema,
} from '../../schema/contracts/traffic.ts';
import type { Principal } from '../../store/keys/find-key.ts';
import type { Store } from '../../store/open-database.ts';
import type { LiveState } from '../data-plane/live-state.ts';
import { principalOf } from '../data-plane/principal-of.ts';
import { requireRole } from '../require-role.ts';
import { bodyError } from './body-error.ts';
import { createRoom } from './create-room.ts';
import { sendError } from './send-error.ts';
import { takeFeedback } from './take-feedback.ts';
import { takeOutcomes } from './take-outcomes.ts';

/** Requests that write at once; the others wait, so that connections are left for people. */
const atOnce = 8;

/**
 * `POST /v1/outcomes` takes values of units, `POST /v1/feedback` what a user said of an answer. Both need a key that may ingest; while
 * Postgres is away they answer 503 with Retry-After, and may be sent again as they are.
 */
export async function outcomeRoutes(app: FastifyInstance, options: { live: LiveState; db: Store }): Promise<void> {
  const { live, db } = options;
  const room = createRoom(atOnce);
  app.setErrorHandler((error: FastifyError, _request, reply) => sendError(bodyError(error), reply));
  const authorize = async (request: FastifyRequest): Promise<Principal> =>
    requireRole(await principalOf(live, request), 'ingest');
  const meansOf = (projectId: string) => ({
    db,
    agentIdOf: async (agent: string) => (await live.agentOf({ projectId, agent })).agentId,
  });

  app.post('/v1/outcomes', { bodyLimit: 16_777_216 }, async (request): Promise<OutcomesAnswer> => {
    const { projectId } = await authorize(request);
    const { outcomes } = parseInput(outcomesRequestSchema, request.body, 'the request');
    return room.use(() => takeOutcomes(meansOf(projectId), { outcomes }));
  });

  app.post('/v1/feedback', { bodyLimit: 65_536 }, async (request): Promise<FeedbackAnswer> => {
    const { projectId, actor } = await authorize(request);
    const feedback = parseInput(feedbackRequestSchema, request.body, 'the request');
    return room.use(() => takeFeedback(meansOf(projectId), { projectId, givenBy: actor, feedback }));
  });
}
