import { getTRPCErrorFromUnknown, initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import type { Role } from '../schema/contracts/words.ts';
import { type ErrorCode, SluiceError } from '../schema/errors.ts';
import type { Context } from './context.ts';
import { isOutage, outage } from './outage.ts';
import { requireRole } from './require-role.ts';

/** The one shape of an error on the wire: what the user reads, and nothing of the inside. */
export interface WireError {
  code: ErrorCode;
  fix?: string;
  details?: { path: string; message: string }[];
}

const t = initTRPC.context<Context>().create({
  errorFormatter({ shape, error }) {
    const cause = toSluiceError(error);
    return {
      code: shape.code,
      message: cause.message,
      data: {
        httpStatus: shape.data.httpStatus,
        path: shape.data.path,
        sluice: {
          code: cause.code,
          ...(cause.fix ? { fix: cause.fix } : {}),
          ...(cause.details.length ? { details: cause.details } : {}),
        } satisfies WireError as WireError,
      },
    };
  },
  sse: { ping: { enabled: true, intervalMs: 5_000 }, client: { reconnectAfterInactivityMs: 15_000 } },
});

const statusOf = {
  invalid_input: 'BAD_REQUEST',
  not_found: 'NOT_FOUND',
  conflict: 'CONFLICT',
  unauthorized: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  too_large: 'PAYLOAD_TOO_LARGE',
  unavailable: 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
} as const satisfies Record<ErrorCode, TRPCError['code']>;

function toSluiceError(error: TRPCError): SluiceError {
  const { cause } = error;
  if (cause instanceof SluiceError) return cause;
  if (cause instanceof ZodError) {
    const details = cause.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    return new SluiceError({
      code: 'invalid_input',
      message: `the request is not understood: ${details
        .map((one) => `${one.path}: ${one.message}`)
        .join('; ')
        .slice(0, 500)}`,
      details,
    });
  }
  if (isOutage(cause)) return outage(cause);
  if (error.code === 'NOT_FOUND') return new SluiceError({ code: 'not_found', message: error.message });
  if (error.code === 'PARSE_ERROR' || cause instanceof SyntaxError) {
    return new SluiceError({
      code: 'invalid_input',
      message: 'the request body is not JSON that this API understands',
    });
  }
  if (error.code === 'BAD_REQUEST') {
    return new SluiceError({ code: 'invalid_input', message: `the request is not understood: ${error.message}` });
  }
  return new SluiceError({
    code: 'internal',
    message: 'something broke inside Sluice',
    fix: 'See the log of the API.',
  });
}

/** Domain errors become tRPC errors in one place, so that the status on the wire is right. */
const mapErrors = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw withStatus(result.error);
  return isIterable(result.data) ? { ...result, data: mapErrorsOf(result.data) } : result;
});

/** A subscription breaks later than its procedure; with the wrong status its client would ask again for ever. */
async function* mapErrorsOf(updates: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* updates;
  } catch (error) {
    throw withStatus(getTRPCErrorFromUnknown(error));
  }
}

function withStatus(error: TRPCError): TRPCError {
  const { cause } = error;
  if (cause instanceof SluiceError) return new TRPCError({ code: statusOf[cause.code], message: cause.message, cause });
  if (isOutage(cause)) return new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'the database is away', cause });
  return error;
}

function isIterable(data: unknown): data is AsyncIterable<unknown> {
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
}

/** A procedure for keys that hold `role` or one that includes it. */
export function procedureFor(role: Role) {
  return t.procedure
    .use(mapErrors)
    .use(({ ctx, next }) => next({ ctx: { ...ctx, principal: requireRole(ctx.principal, role) } }));
}

export const router = t.router;
