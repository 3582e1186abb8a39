import { validateHeaderName, validateHeaderValue } from 'node:http';
import { SluiceError } from '../schema/errors.ts';

/** Set by the adapter or by the connection: a configured value would be lost or break the call. */
const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'idempotency-key',
  'keep-alive',
  'te',
  'traceparent',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const confidentialNames = /auth|cookie|key|pass|secret|token/i;
/** Shorter values are too common to be looked for in messages. */
const minConfidentialLength = 6;

export interface ReadHeaders {
  /** name, value, name, value, …; the same for every call. */
  headers: string[];
  /** Values that must not be seen in messages, by the names of their headers. */
  confidential: string[];
}

/**
 * The headers that do not change from call to call.
 * @throws SluiceError invalid_input naming the header that cannot be sent.
 */
export function readHeaders(config: {
  headers?: Record<string, string> | undefined;
  secret?: string | undefined;
}): ReadHeaders {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'sluice',
  };
  const confidential: string[] = [];
  for (const [name, value] of Object.entries(config.headers ?? {})) {
    const lower = name.toLowerCase();
    if (reserved.has(lower)) throw badHeader(name, 'is set by Sluice itself', 'leave it out');
    if (lower === 'authorization' && config.secret !== undefined) {
      throw badHeader(
        name,
        'is also made from `secret`',
        'keep one of the two; `secret` keeps the value out of the spec',
      );
    }
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw badHeader(name, 'has a name or value that HTTP cannot carry', 'use plain characters without line breaks');
    }
    headers[lower] = value;
    if (confidentialNames.test(name) && value.length >= minConfidentialLength) confidential.push(value);
  }
  return { headers: Object.entries(headers).flat(), confidential };
}

function badHeader(name: string, what: string, fix: string): SluiceError {
  const path = `headers[${JSON.stringify(name)}]`;
  const message = `${path} of the agent ${what}`;
  return new SluiceError({ code: 'invalid_input', message, fix, details: [{ path, message }] });
}
