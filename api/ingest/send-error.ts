import type { FastifyReply } from 'fastify';
import { type ErrorCode, SluiceError } from '../../schema/errors.ts';
import { isOutage, outage } from '../outage.ts';

const statusOf: Record<ErrorCode, number> = {
  invalid_input: 400,
  not_found: 404,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  too_large: 413,
  unavailable: 503,
  internal: 500,
};

/** Answers a plain HTTP route with an error in the shape of all others: `{error: {message, data: {httpStatus, sluice}}}`. */
export function sendError(error: unknown, reply: FastifyReply): FastifyReply {
  const known = error instanceof SluiceError ? error : isOutage(error) ? outage(error) : null;
  if (!known) console.error(new Date().toISOString(), reply.request.method, reply.request.routeOptions.url, error);
  const { code, message, fix, details } =
    known ??
    new SluiceError({ code: 'internal', message: 'something broke inside Sluice', fix: 'See the log of the API.' });
  const sluice = { code, ...(fix ? { fix } : {}), ...(details.length > 0 ? { details } : {}) };
  const httpStatus = statusOf[code];
  if (httpStatus === 503) reply.header('retry-after', '1');
  return reply.code(httpStatus).send({ error: { message, data: { httpStatus, sluice } } });
}
