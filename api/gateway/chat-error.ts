import type { FailedPass } from '../../agents/pass-completions.ts';
import type { ErrorClass } from '../../schema/contracts/call.ts';
import { type ErrorCode, SluiceError } from '../../schema/errors.ts';
import { isOutage, outage } from '../outage.ts';

/** An error as OpenAI's clients read it. */
export interface ChatError {
  status: number;
  body: { error: { message: string; type: string; param: string | null; code: string | null } };
}

const ofSluice: Record<ErrorCode, [status: number, type: string, code: string | null]> = {
  invalid_input: [400, 'invalid_request_error', null],
  not_found: [404, 'invalid_request_error', 'model_not_found'],
  conflict: [409, 'invalid_request_error', null],
  unauthorized: [401, 'invalid_request_error', 'invalid_api_key'],
  forbidden: [403, 'invalid_request_error', 'insufficient_permissions'],
  too_large: [413, 'invalid_request_error', null],
  unavailable: [503, 'server_error', 'unavailable'],
  internal: [500, 'server_error', null],
};

/** What is wrong with the call itself. */
export function chatErrorOf(error: unknown): ChatError {
  const known = error instanceof SluiceError ? error : isOutage(error) ? outage(error) : null;
  if (!known) console.error(new Date().toISOString(), 'POST /v1/chat/completions', error);
  const { code, message, fix, details } =
    known ?? new SluiceError({ code: 'internal', message: 'something broke inside Sluice' });
  const [status, type, shown] = ofSluice[code];
  const text = fix ? `${message}. ${fix}` : message;
  return { status, body: { error: { message: text, type, param: details[0]?.path ?? null, code: shown } } };
}

/** How a call without an answer is told: what the agent found wrong with the request as it said it, all else as a bad gateway. */
export function statusOfFailure(errorClass: ErrorClass): number {
  if (errorClass === 'rate_limited') return 429;
  return errorClass === 'timeout' ? 504 : 502;
}

/** An agent's failure, for the user of a chat. */
export function chatErrorOfFailure(failure: FailedPass): ChatError {
  if (failure.said) {
    return { status: failure.said.status, body: { error: failure.said.error as ChatError['body']['error'] } };
  }
  const { errorClass, message } = failure;
  const type = errorClass === 'rate_limited' ? 'rate_limit_error' : 'server_error';
  return { status: statusOfFailure(errorClass), body: { error: { message, type, param: null, code: errorClass } } };
}
