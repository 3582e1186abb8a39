import { Pool } from 'undici';
import type { AgentCall } from '../schema/contracts/call.ts';
import { SluiceError } from '../schema/errors.ts';
import { quoteText } from '../schema/quote-text.ts';
import { BlockedAddressError, guardedLookup, whyUrlBlocked } from './address-guard.ts';
import type { AgentDependencies } from './agent-dependencies.ts';
import { decodeBody } from './decode-body.ts';
import { explainExchange } from './explain-exchange.ts';
import { explainNetworkError } from './explain-network-error.ts';
import { type FailedAnswer, failedAnswer } from './failed-answer.ts';
import { type Exchanged, httpExchange } from './http-exchange.ts';
import { probeTcp } from './probe-tcp.ts';
import { readHeaders } from './read-headers.ts';
import { showUrl } from './show-url.ts';

const defaultTimeoutMs = 60_000;
const defaultMaxResponseBytes = 10_485_760;
const maxConnectMs = 10_000;
const probeMs = 1_500;
const maxRevisionLength = 200;

export interface EndpointConfig {
  /** Of which key of the agent the URL comes, for messages. */
  urlKey: string;
  url: string;
  headers?: Record<string, string> | undefined;
  headerSecrets?: Record<string, string> | undefined;
  secret?: string | undefined;
  timeoutMs?: number | undefined;
  maxResponseBytes?: number | undefined;
}

/** A complete 2xx answer, decompressed. */
export interface Received {
  ok: true;
  text: string;
  status: number;
  headers: Exchanged['headers'];
  /** `x-agent-revision`. */
  revision: string | undefined;
  latencyMs: number;
}

/** What of a call an endpoint needs beside the body. */
export type HttpRequest = Pick<AgentCall, 'traceparent' | 'signal'> & { context: { trialId: string } };

/** All that a POST needs but its body. */
export interface Way {
  ok: true;
  pool: Pool;
  path: string;
  /** name, value, name, value, … */
  headers: string[];
  timeoutMs: number;
  maxBytes: number;
}

/** What agents behind HTTP have in common: POSTs, their faults classified, secrets kept out of messages. */
export interface HttpEndpoint {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Rejects only with the reason of an aborted signal. */
  post(body: string, request: HttpRequest): Promise<Received | FailedAnswer>;
  /** What `post` checks and sends, for those who read answers themselves. */
  way(request: HttpRequest): Way | FailedAnswer;
  /** Classifies an exchange over `way` that gave no complete 2xx answer. */
  explain(exchanged: Exchanged): FailedAnswer;
  /** An answer that came whole and cannot be used: what is wrong with it, and what would be right. */
  invalidOutput(received: Pick<Received, 'status' | 'latencyMs'>, problem: string, expected: string): FailedAnswer;
  /** Quotes what the agent sent, without secrets: agents under test may well echo what they were sent. */
  quote(text: string): string;
  /** The text without secrets, as it is otherwise. */
  redact(text: string): string;
  /** The address as messages show it. */
  readonly shown: string;
  probe(): Promise<{ message: string; fix: string } | null>;
  close(): Promise<void>;
}

/**
 * The way to one URL. Connections are kept alive, one per call in flight. An address outside the allowed networks is
 * never connected to; redirects are not followed.
 * @throws SluiceError invalid_input for a URL or header that cannot work, naming the field.
 */
export function httpEndpoint(config: EndpointConfig, dependencies: AgentDependencies): HttpEndpoint {
  const { resolveSecret, allowedNetworks } = dependencies;
  const url = parseUrl(config.urlKey, config.url);
  const shown = showUrl(url);
  const requestPath = url.pathname + url.search;
  const timeoutMs = config.timeoutMs ?? defaultTimeoutMs;
  const maxBytes = config.maxResponseBytes ?? defaultMaxResponseBytes;
  const { headers: fixedHeaders, secrets, confidential } = readHeaders(config);
  const blocked = whyUrlBlocked(url, allowedNetworks);
  const blockedFix =
    allowedNetworks === 'private'
      ? 'use another address: this kind is never allowed'
      : `use another address, or allow more networks where the worker runs (allowed now: ${allowedNetworks})`;
  const lookup = guardedLookup(allowedNetworks);
  const explaining = { url, timeoutMs, maxBytes, quote: (text: string) => quoteText(redact(text)), blockedFix };
  const pool = new Pool(url.origin, {
    pipelining: 1,
    allowH2: false,
    connect: { lookup, timeout: Math.min(timeoutMs, maxConnectMs) },
    // The exchange has one timer for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  /** As last resolved, to be kept out of messages. */
  let resolved: string[] = [];

  /** The headers of a call but its own two; or which secret is missing. */
  function baseHeaders(): string[] | { message: string; fix: string } {
    const headers = fixedHeaders.slice();
    const values: string[] = [];
    for (const { header, prefix, name } of secrets) {
      // Files and shells like to add a line end.
      const value = resolveSecret(name)?.trim() ?? '';
      if (value === '') {
        const fix = `set the environment variable ${name} where the worker runs, and restart the worker`;
        return { message: `secret ${name} of the agent at ${shown} is not set`, fix };
      }
      values.push(value);
      headers.push(header, prefix + value);
    }
    resolved = values;
    return headers;
  }

  function way({ traceparent, context }: HttpRequest): Way | FailedAnswer {
    if (blocked !== null) {
      return failedAnswer('blocked', `agent at ${shown} may not be called: ${blocked}; ${blockedFix}`, 0);
    }
    const headers = baseHeaders();
    if (!Array.isArray(headers)) return failedAnswer('not_configured', `${headers.message}; ${headers.fix}`, 0);
    headers.push('traceparent', traceparent, 'idempotency-key', context.trialId);
    return { ok: true, pool, path: requestPath, headers, timeoutMs, maxBytes };
  }

  async function post(body: string, request: HttpRequest): Promise<Received | FailedAnswer> {
    request.signal?.throwIfAborted();
    const found = way(request);
    if (!found.ok) return found;
    const exchanged = await httpExchange(pool, { ...found, body, signal: request.signal });
    if (exchanged.ended === 'aborted') throw request.signal?.reason;
    if (exchanged.ended !== 'complete' || exchanged.status >= 300) return explainExchange(exchanged, explaining);
    return exchanged.headers['content-encoding'] === undefined
      ? received(exchanged, exchanged.body)
      : receiveEncoded(exchanged);
  }

  async function receiveEncoded(exchanged: Exchanged): Promise<Received | FailedAnswer> {
    const decoded = await decodeBody(exchanged.body, exchanged.headers['content-encoding'], maxBytes);
    if (decoded === 'too_large')
      return explainExchange({ ...exchanged, ended: 'too_large', bytes: maxBytes + 1 }, explaining);
    return 'fault' in decoded ? invalidOutput(exchanged, decoded.fault, 'JSON') : received(exchanged, decoded);
  }

  function received({ status, headers, latencyMs }: Exchanged, body: Buffer): Received {
    const text = body.toString('utf8');
    const revision = headers['x-agent-revision'];
    return {
      ok: true,
      // Some frameworks begin with a byte order mark, which JSON.parse refuses.
      text: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text,
      status,
      headers,
      revision: typeof revision === 'string' && revision !== '' ? revision.slice(0, maxRevisionLength) : undefined,
      latencyMs,
    };
  }

  function invalidOutput(
    { status, latencyMs }: { status: number; latencyMs: number },
    problem: string,
    expected: string,
  ): FailedAnswer {
    const message = `agent at ${shown} answered ${status}, but ${problem}; expected ${expected}`;
    return failedAnswer('invalid_output', message, latencyMs);
  }

  function redact(text: string): string {
    let shownText = text.slice(0, 10_000);
    for (const value of [...resolved, ...confidential]) {
      shownText = shownText.replaceAll(value, '[secret]');
    }
    return shownText;
  }

  const quote = (text: string): string => quoteText(redact(text));

  return {
    origin: url.origin,
    shown,
    post,
    way,
    explain: (exchanged) => explainExchange(exchanged, explaining),
    invalidOutput,
    quote,
    redact,
    async probe() {
      if (blocked !== null) return { message: `agent at ${shown} may not be called: ${blocked}`, fix: blockedFix };
      const headers = baseHeaders();
      if (!Array.isArray(headers)) return headers;
      const error = await probeTcp(url, lookup, probeMs);
      if (error === null) return null;
      if (error instanceof BlockedAddressError) {
        return { message: `agent at ${shown} may not be called: ${error.message}`, fix: blockedFix };
      }
      return {
        message: `agent at ${shown} is unreachable: ${explainNetworkError(error).text}`,
        fix: `start the agent, or correct its ${config.urlKey}; the worker must be able to connect to ${url.host}`,
      };
    },
    async close() {
      await pool.close();
    },
  };
}

/** @throws SluiceError invalid_input when it is no URL, or holds a password: specs are stored and shown. */
function parseUrl(key: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const found = url === undefined ? 'something else' : url.protocol;
    const message = `${key} of the agent is not an http or https URL: found ${found}`;
    throw new SluiceError({ code: 'invalid_input', message, details: [{ path: key, message }] });
  }
  if (url.username !== '' || url.password !== '') {
    const message = `${key} of the agent holds a user or password: found them before the @ of ${showUrl(url)}`;
    const fix = 'put the token into an environment variable of the worker and its name into `secret`';
    throw new SluiceError({ code: 'invalid_input', message, fix, details: [{ path: key, message }] });
  }
  return url;
}
