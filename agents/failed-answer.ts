import type { AgentAnswer, AgentUsage, ErrorClass } from '../schema/contracts/call.ts';

export type FailedAnswer = AgentAnswer & { ok: false };

const retryable: ReadonlySet<ErrorClass> = new Set(['rate_limited', 'server_error', 'connection_reset', 'unreachable']);
const maxMessageLength = 500;

/** The failure with what it cost all the same. */
export function withUsage(failure: FailedAnswer, usage: AgentUsage | undefined): FailedAnswer {
  return usage === undefined ? failure : { ...failure, usage };
}

/** An answer that is no answer. The message is cut at 500 characters and loses what Postgres cannot store. */
export function failedAnswer(
  errorClass: ErrorClass,
  message: string,
  latencyMs: number,
  retryAfterMs?: number,
): FailedAnswer {
  const text = message.replaceAll('\0', ' ').toWellFormed();
  return {
    ok: false,
    errorClass,
    message: text.length <= maxMessageLength ? text : `${text.slice(0, maxMessageLength - 1).toWellFormed()}…`,
    retryable: retryable.has(errorClass),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    latencyMs,
  };
}
