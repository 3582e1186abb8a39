import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isConfidentialHeader } from '../schema/contracts/headers.ts';
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
type HeaderKey = 'headers' | 'headerSecrets';

/** Shorter values are too common to be looked for in messages. */
const minConfidentialLength = 6;

export interface ReadHeaders {
  /** name, value, name, value, …; the same for every call. */
  headers: string[];
  /** What is asked for at each call: the header, what stands before the secret, the name of the secret. */
  secrets: { header: string; prefix: string; name: string }[];
  /** Values that must not be seen in messages, by the names of their headers: of versions from before they were refused. */
  confidential: string[];
}

/**
 * The headers that do not change from call to call.
 * @throws SluiceError invalid_input naming the header that cannot be sent.
 */
export function readHeaders(config: {
  headers?: Record<string, string> | undefined;
  headerSecrets?: Record<string, string> | undefined;
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
    check('headers', name, value);
    if (lower === 'authorization' && config.secret !== undefined) {
      throw badHeader('headers', name, 'is also made from `secret`', 'keep `secret`');
    }
    headers[lower] = value;
    if (isConfidentialHeader(name) && value.length >= minConfidentialLength) confidential.push(value);
  }
  const secrets =
    config.secret === undefined ? [] : [{ header: 'authorization', prefix: 'Bearer ', name: config.secret }];
  const given = new Set([
    ...Object.keys(config.headers ?? {}).map((name) => name.toLowerCase()),
    ...secrets.map((one) => one.header),
  ]);
  for (const [name, secret] of Object.entries(config.headerSecrets ?? {})) {
    const lower = name.toLowerCase();
    check('headerSecrets', name, '');
    if (given.has(lower)) {
      const fix = 'keep one of `secret` (the authorization header), `headers` and `headerSecrets`';
      throw badHeader('headerSecrets', name, 'is given twice', fix);
    }
    given.add(lower);
    delete headers[lower];
    secrets.push({ header: lower, prefix: '', name: secret });
  }
  return { headers: Object.entries(headers).flat(), secrets, confidential };
}

function check(key: HeaderKey, name: string, value: string): void {
  if (reserved.has(name.toLowerCase())) throw badHeader(key, name, 'is set by Sluice itself', 'leave it out');
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    const what = 'has a name or value that HTTP cannot carry';
    throw badHeader(key, name, what, 'use plain characters without line breaks');
  }
}

function badHeader(key: HeaderKey, name: string, what: string, fix: string): SluiceError {
  const path = `${key}[${JSON.stringify(name)}]`;
  const message = `${path} of the agent ${what}`;
  return new SluiceError({ code: 'invalid_input', message, fix, details: [{ path, message }] });
}
