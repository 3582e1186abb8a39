import { STATUS_CODES } from 'node:http';
import { BlockedAddressError } from './address-guard.ts';
import { explainNetworkError } from './explain-network-error.ts';
import { type FailedAnswer, failedAnswer } from './failed-answer.ts';
import type { Exchanged } from './http-exchange.ts';
import { retryAfterMs } from './retry-after-ms.ts';
import { showUrl } from './show-url.ts';

export interface ExplainOptions {
  url: URL;
  timeoutMs: number;
  maxBytes: number;
  /** Quotes what the agent sent, without secrets. */
  quote(text: string): string;
  /** What to do when the address may not be called. */
  blockedFix: string;
}

/**
 * Classifies an exchange that gave no complete 2xx answer. A status that is no success decides the class, however
 * the rest of that answer went.
 */
export function explainExchange(exchanged: Exchanged, options: ExplainOptions): FailedAnswer {
  if (exchanged.status >= 300) return explainStatus(exchanged, options);
  const { ended, sent, status, bytes, latencyMs } = exchanged;
  const { maxBytes, timeoutMs } = options;
  const agent = `agent at ${showUrl(options.url)}`;
  if (ended === 'too_large') {
    const message = `${agent} answered too much: found ${bytes} bytes or more, expected at most ${maxBytes} (maxResponseBytes)`;
    return failedAnswer('too_large', message, latencyMs);
  }
  if (ended === 'timeout' && !sent) {
    return failedAnswer(
      'unreachable',
      `${agent} is unreachable: no connection within ${timeoutMs} ms (timeoutMs)`,
      latencyMs,
    );
  }
  if (ended === 'timeout') {
    const found = status === 0 ? 'found no answer yet' : `found ${bytes} bytes of an answer that goes on`;
    return failedAnswer('timeout', `${agent} did not finish within ${timeoutMs} ms (timeoutMs): ${found}`, latencyMs);
  }
  return explainError(exchanged, agent, options.blockedFix);
}

function explainStatus({ status, headers, body, latencyMs }: Exchanged, options: ExplainOptions): FailedAnswer {
  const said = `agent at ${showUrl(options.url)} answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  if (status < 400) {
    const message = `${said}${redirectedTo(headers.location, options.url)}; redirects are not followed, expected 2xx`;
    return failedAnswer('client_error', message, latencyMs);
  }
  const readable = headers['content-encoding'] === undefined && body.length > 0;
  const message = readable ? `${said}: ${options.quote(body.toString('utf8'))}` : `${said}, expected 2xx`;
  const errorClass = status >= 500 ? 'server_error' : status === 429 ? 'rate_limited' : 'client_error';
  return failedAnswer(errorClass, message, latencyMs, retryAfterMs(headers['retry-after'], Date.now()));
}

function redirectedTo(location: string | string[] | undefined, base: URL): string {
  const text = Array.isArray(location) ? location[0] : location;
  return text !== undefined && URL.canParse(text, base) ? ` to ${showUrl(new URL(text, base))}` : '';
}

function explainError({ error, sent, bytes, latencyMs }: Exchanged, agent: string, blockedFix: string): FailedAnswer {
  if (error instanceof BlockedAddressError) {
    return failedAnswer('blocked', `${agent} may not be called: ${error.message}; ${blockedFix}`, latencyMs);
  }
  const { code, text } = explainNetworkError(error ?? new Error('unknown'));
  // Only a defect of the caller leads here; it must not count against the agent.
  if (code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED') throw new Error(`${agent} was closed before its call`);
  if (code === 'UND_ERR_INVALID_ARG')
    return failedAnswer('not_configured', `${agent} cannot be called: ${text}`, latencyMs);
  if (!sent) return failedAnswer('unreachable', `${agent} is unreachable: ${text}`, latencyMs);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return failedAnswer('too_large', `${agent} answered with more than 16384 bytes of headers`, latencyMs);
  }
  // undici asserts where a server upgrades unasked.
  if ((error?.name === 'HTTPParserError' && !code.includes('EOF')) || code === 'ERR_ASSERTION') {
    const what = code === 'ERR_ASSERTION' ? 'it changed to another protocol' : text;
    return failedAnswer('invalid_output', `${agent} did not answer in HTTP: ${what}`, latencyMs);
  }
  return failedAnswer('connection_reset', `${agent} broke off after ${bytes} bytes of its answer: ${text}`, latencyMs);
}
