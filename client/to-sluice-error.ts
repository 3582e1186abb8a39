import { TRPCClientError } from '@trpc/client';
import { type ErrorCode, type ErrorDetail, SluiceError } from '../schema/errors.ts';

/** How errors travel: `data.sluice` of the API's answer. */
interface WireError {
  code: ErrorCode;
  fix?: string;
  details?: ErrorDetail[];
}

/**
 * What a call of the client threw, as the error that was meant for the user: code, message, fix and details. Errors
 * that do not come from the client are given back as they are.
 *
 * @param url where the API was looked for, for messages about the way there
 * @example
 * await sluice.runs.get.query({ id }).catch((error) => { throw toSluiceError(error, url); });
 */
export function toSluiceError(error: unknown, url: string): unknown {
  if (!(error instanceof TRPCClientError)) return error;
  const data = error.data as { sluice?: WireError; httpStatus?: number } | null | undefined;
  if (data?.sluice) return new SluiceError({ ...data.sluice, message: error.message, cause: error });
  return new SluiceError({ ...describeWay(error, url), cause: error });
}

/** The request or its answer was lost on the way, or what answers is not Sluice. */
function describeWay(error: TRPCClientError<never>, url: string): { code: ErrorCode; message: string; fix: string } {
  const { cause } = error;
  if (cause instanceof SyntaxError || (error.shape === undefined && cause === undefined)) {
    return {
      code: 'unavailable',
      message: `what answers at ${url} is not a Sluice API: expected JSON of its form (${error.message.slice(0, 120)})`,
      fix: 'Check SLUICE_URL: the address `sluice up` prints, e.g. http://127.0.0.1:4400, without a path.',
    };
  }
  return {
    code: 'unavailable',
    message: `the Sluice API at ${url} cannot be reached: ${networkReason(cause) ?? error.message}`,
    fix: 'Is it running? `npm start` starts it here (`sluice doctor` tells what is wrong); another one is named by SLUICE_URL.',
  };
}

/** Words for the code that a socket gave; undefined when there is none. */
function networkReason(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 5) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return reasons[code] ?? `${error.message} (${code})`;
  return networkReason(error instanceof AggregateError ? error.errors[0] : error.cause, depth + 1);
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'no answer',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  UND_ERR_HEADERS_TIMEOUT: 'no answer',
};
