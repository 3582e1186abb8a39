import { Pool } from 'undici';
import type { HttpAgentConfig } from '../schema/contracts/agent.ts';
import type { Agent, AgentAnswer, AgentCall } from '../schema/contracts/call.ts';
import { SluiceError } from '../schema/errors.ts';
import { formatJsonPath, parseJsonPath } from '../schema/json-path.ts';
import { quoteText } from '../schema/quote-text.ts';
import { BlockedAddressError, guardedLookup, whyUrlBlocked } from './address-guard.ts';
import type { AgentDependencies } from './agent-dependencies.ts';
import { decodeBody } from './decode-body.ts';
import { explainExchange } from './explain-exchange.ts';
import { explainNetworkError } from './explain-network-error.ts';
import { failedAnswer } from './failed-answer.ts';
import { type Exchanged, httpExchange } from './http-exchange.ts';
import { probeTcp } from './probe-tcp.ts';
import { readAnswer } from './read-answer.ts';
import { readHeaders } from './read-headers.ts';
import { showUrl } from './show-url.ts';

const defaultTimeoutMs = 60_000;
const defaultMaxResponseBytes = 10_485_760;
const maxConnectMs = 10_000;
const probeMs = 1_500;
const maxRevisionLength = 200;

/**
 * POSTs `{input, context}` to a URL (DESIGN §8 "HTTP agent"). Connections are kept alive, one per call in flight.
 * An address outside the allowed networks is never connected to; redirects are not followed.
 */
export function httpAgent(config: HttpAgentConfig, dependencies: AgentDependencies): Agent {
  const { resolveSecret, allowedNetworks } = dependencies;
  const url = parseUrl(config.url);
  const shown = showUrl(url);
  const requestPath = url.pathname + url.search;
  const outputPath = parseJsonPath(config.outputPath ?? 'output');
  const timeoutMs = config.timeoutMs ?? defaultTimeoutMs;
  const maxBytes = config.maxResponseBytes ?? defaultMaxResponseBytes;
  const { headers: fixedHeaders, confidential } = readHeaders(config);
  const blocked = whyUrlBlocked(url, allowedNetworks);
  const blockedFix =
    allowedNetworks === 'private'
      ? 'use another address: this kind is never allowed'
      : `use another address, or allow more networks where the worker runs (allowed now: ${allowedNetworks})`;
  const secretMissing = `secret ${config.secret} of the agent at ${shown} is not set`;
  const secretFix = `set the environment variable ${config.secret} where the worker runs, and restart the worker`;
  const lookup = guardedLookup(allowedNetworks);
  const explaining = { url, timeoutMs, maxBytes, quote, blockedFix };
  const pool = new Pool(url.origin, {
    pipelining: 1,
    allowH2: false,
    connect: { lookup, timeout: Math.min(timeoutMs, maxConnectMs) },
    // The exchange has one timer for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  /** As last resolved, to be kept out of messages. */
  let secret = '';

  /** The headers of a call but its own two; undefined when the secret is missing. */
  function baseHeaders(): string[] | undefined {
    if (config.secret === undefined) return fixedHeaders.slice();
    // Files and shells like to add a line end.
    secret = resolveSecret(config.secret)?.trim() ?? '';
    return secret === '' ? undefined : [...fixedHeaders, 'authorization', `Bearer ${secret}`];
  }

  async function call(request: AgentCall): Promise<AgentAnswer> {
    request.signal?.throwIfAborted();
    if (blocked !== null) {
      return failedAnswer('blocked', `agent at ${shown} may not be called: ${blocked}; ${blockedFix}`, 0);
    }
    const headers = baseHeaders();
    if (headers === undefined) return failedAnswer('not_configured', `${secretMissing}; ${secretFix}`, 0);
    headers.push('traceparent', request.traceparent, 'idempotency-key', request.context.trialId);
    const exchanged = await httpExchange(pool, {
      path: requestPath,
      headers,
      body: JSON.stringify({ input: request.input, context: request.context }),
      timeoutMs,
      maxBytes,
      signal: request.signal,
    });
    if (exchanged.ended === 'aborted') throw request.signal?.reason;
    if (exchanged.ended !== 'complete' || exchanged.status >= 300) return explainExchange(exchanged, explaining);
    return exchanged.headers['content-encoding'] === undefined
      ? readBody(exchanged, exchanged.body)
      : readEncodedBody(exchanged);
  }

  async function readEncodedBody(exchanged: Exchanged): Promise<AgentAnswer> {
    const decoded = await decodeBody(exchanged.body, exchanged.headers['content-encoding'], maxBytes);
    if (decoded === 'too_large')
      return explainExchange({ ...exchanged, ended: 'too_large', bytes: maxBytes + 1 }, explaining);
    return 'fault' in decoded ? invalidOutput(exchanged, decoded.fault, 'JSON') : readBody(exchanged, decoded);
  }

  function readBody(exchanged: Exchanged, body: Buffer): AgentAnswer {
    const text = body.toString('utf8');
    let answer: unknown;
    try {
      // Some frameworks begin with a byte order mark, which JSON.parse refuses.
      answer = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    } catch {
      return invalidOutput(exchanged, `its body is not JSON: found ${text === '' ? 'nothing' : quote(text)}`, 'JSON');
    }
    const read = readAnswer(answer, outputPath);
    if ('problem' in read) {
      return invalidOutput(exchanged, read.problem, `the output at \`${formatJsonPath(outputPath)}\` (outputPath)`);
    }
    const { latencyMs, headers } = exchanged;
    const revision = headers['x-agent-revision'];
    if (typeof revision !== 'string' || revision === '') return { ok: true, ...read, latencyMs };
    return { ok: true, ...read, revision: revision.slice(0, maxRevisionLength), latencyMs };
  }

  function invalidOutput({ status, latencyMs }: Exchanged, problem: string, expected: string): AgentAnswer {
    const message = `agent at ${shown} answered ${status}, but ${problem}; expected ${expected}`;
    return failedAnswer('invalid_output', message, latencyMs);
  }

  /** Quotes what the agent sent; agents under test may well echo what they were sent. */
  function quote(text: string): string {
    let shownText = text.slice(0, 10_000);
    for (const value of secret === '' ? confidential : [secret, ...confidential]) {
      shownText = shownText.replaceAll(value, '[secret]');
    }
    return quoteText(shownText);
  }

  return {
    endpoint: url.origin,
    call,
    async probe() {
      if (blocked !== null) return { message: `agent at ${shown} may not be called: ${blocked}`, fix: blockedFix };
      if (baseHeaders() === undefined) return { message: secretMissing, fix: secretFix };
      const error = await probeTcp(url, lookup, probeMs);
      if (error === null) return null;
      if (error instanceof BlockedAddressError) {
        return { message: `agent at ${shown} may not be called: ${error.message}`, fix: blockedFix };
      }
      return {
        message: `agent at ${shown} is unreachable: ${explainNetworkError(error).text}`,
        fix: `start the agent, or correct its url; the worker must be able to connect to ${url.host}`,
      };
    },
    async close() {
      await pool.close();
    },
  };
}

/** @throws SluiceError invalid_input when it is no URL, or holds a password: specs are stored and shown. */
function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const found = url === undefined ? 'something else' : url.protocol;
    const message = `url of the agent is not an http or https URL: found ${found}`;
    throw new SluiceError({ code: 'invalid_input', message, details: [{ path: 'url', message }] });
  }
  if (url.username !== '' || url.password !== '') {
    const message = `url of the agent holds a user or password: found them before the @ of ${showUrl(url)}`;
    const fix = 'put the token into an environment variable of the worker and its name into `secret`';
    throw new SluiceError({ code: 'invalid_input', message, fix, details: [{ path: 'url', message }] });
  }
  return url;
}
