import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

/**
 * A real HTTP agent that behaves as its path says (query in brackets, [delay] everywhere: `ms` before the answer):
 *
 * - `POST /run`: `{output: <the input>}`; any unknown path does the same
 * - `/status [code=500] [retryAfter]`: that status with a small JSON body; `/flaky [failures=1] [code=503]
 *   [retryAfter]`: the first so many calls of each Idempotency-Key fail, then as `/run`
 * - `/flaky-some [modulo=2]`: the first call fails where the input's `number` is divisible
 * - `/garbage`, `/html`, `/empty`, `/wrong-shape`, `/nested`, `/nul`: 200 with something that is no answer
 * - `/hang`: never answers; `/hang-body`: headers, then nothing; `/drip [every=20]`: a byte each so many ms, for ever
 * - `/endless [gb=1]`: that much body without content-length; `/huge`: announces it; `/bomb [mb=100]`: as gzip
 * - `/gzip`: a good answer, compressed; `/bom`: with a byte order mark
 * - `/reset`: closes the socket at once; `/truncated`: in the middle of the body
 * - `/redirect [to]`, `/echo-headers`: `{output: {headers, body}}`, `/chat`: like a chat completion
 * - `/priced [usd=0.001]`: as `/run`, and says that the call cost so much
 * - `GET /count`: `{count, distinct, repeated}` of the POSTs so far; `POST /reset-count`
 */
export interface StubAgent {
  url: string;
  /** POSTs received. */
  calls(): number;
  /** Different Idempotency-Keys among them. */
  distinct(): number;
  /** Calls whose Idempotency-Key had been seen before. */
  repeated(): number;
  /** Connections accepted. */
  connections(): number;
  /** Every call in the order of arrival: its Idempotency-Key, and when, in ms of `performance.now()`. */
  arrivals(): readonly { key: string; atMs: number }[];
  /** Most calls that waited for their answer at one time. */
  mostAtOnce(): number;
  /** Bytes of bodies handed to the kernel by `/endless`. */
  bytesSent(): number;
  reset(): void;
  close(): Promise<void>;
}

type Mode = (call: {
  body: string;
  key: string;
  query: URLSearchParams;
  seen: number;
  response: ServerResponse;
}) => void;

/** Starts a stub agent on 127.0.0.1, on a free port unless one is given. */
export async function startStubAgent(options: { port?: number } = {}): Promise<StubAgent> {
  const seenByKey = new Map<string, number>();
  let calls = 0;
  let connections = 0;
  let bytesSent = 0;
  let arrivals: { key: string; atMs: number }[] = [];
  let waiting = 0;
  let mostAtOnce = 0;

  const modes: Record<string, Mode> = {
    '/status': ({ query, response }) => {
      const status = Number(query.get('code') ?? 500);
      const retryAfter = query.get('retryAfter');
      sendJson(
        response,
        `{"error":"status ${status} was asked for"}`,
        status,
        retryAfter ? { 'retry-after': retryAfter } : {},
      );
    },
    '/flaky': ({ query, seen, body, response }) => {
      if (seen > Number(query.get('failures') ?? 1)) return sendJson(response, echoOf(body));
      const retryAfter = query.get('retryAfter');
      const code = Number(query.get('code') ?? 503);
      sendJson(response, '{"error":"not yet"}', code, retryAfter ? { 'retry-after': retryAfter } : {});
    },
    '/flaky-some': ({ query, seen, body, response }) => {
      const { number } = (JSON.parse(body) as { input: { number: number } }).input;
      if (seen > 1 || number % Number(query.get('modulo') ?? 2) !== 0) return sendJson(response, echoOf(body));
      sendJson(response, '{"error":"not yet"}', 500);
    },
    '/garbage': ({ response }) => sendJson(response, '{"output": tru'),
    '/html': ({ response }) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Sign in</title>'),
    '/empty': ({ response }) => void response.writeHead(200).end(),
    '/wrong-shape': ({ response }) => sendJson(response, '{"answer": 42, "confidence": 0.5}'),
    '/nested': ({ response }) => sendJson(response, `{"output":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    '/nul': ({ response }) => sendJson(response, '{"output":"a\\u0000b"}'),
    '/hang': () => {},
    '/hang-body': ({ response }) => void response.writeHead(200, { 'content-length': '100' }).write('{"output":'),
    '/drip': ({ query, response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), Number(query.get('every') ?? 20));
      response.on('close', () => clearInterval(timer));
    },
    '/endless': ({ query, response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const piece = Buffer.alloc(1 << 16, 'x');
      let left = Number(query.get('gb') ?? 1) * 2 ** 30;
      const more = () => {
        while (left > 0 && !response.destroyed) {
          left -= piece.length;
          bytesSent += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    },
    '/huge': ({ response }) => void response.writeHead(200, { 'content-length': String(2 ** 30) }).write('{'),
    '/bomb': ({ query, response }) => {
      const zeros = Buffer.alloc(Number(query.get('mb') ?? 100) * 2 ** 20, ' ');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(zeros));
    },
    '/gzip': ({ body, response }) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(echoOf(body))),
    '/bom': ({ body, response }) => sendJson(response, `\ufeff${echoOf(body)}`),
    '/reset': ({ response }) => void response.socket?.resetAndDestroy(),
    '/truncated': ({ response }) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"output": "half', () => response.socket?.destroy());
    },
    '/redirect': ({ query, response }) =>
      void response.writeHead(302, { location: query.get('to') ?? 'http://169.254.169.254/latest/meta-data' }).end(),
    '/echo-headers': ({ body, response }) =>
      sendJson(response, JSON.stringify({ output: { headers: response.req.headers, body: JSON.parse(body) } })),
    '/priced': ({ body, query, response }) =>
      sendJson(
        response,
        JSON.stringify({ ...JSON.parse(echoOf(body)), usage: { costUsd: Number(query.get('usd') ?? 0.001) } }),
      ),
    '/chat': ({ body, response }) =>
      sendJson(
        response,
        JSON.stringify({
          model: 'stub-1',
          choices: [{ message: { role: 'assistant', content: JSON.parse(body).input } }],
          usage: { prompt_tokens: 11, completion_tokens: 7 },
        }),
        200,
        { 'x-agent-revision': 'abc123' },
      ),
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const url = request.url as string;
    const queryAt = url.indexOf('?');
    const path = queryAt === -1 ? url : url.slice(0, queryAt);
    if (request.method !== 'POST') {
      if (path !== '/count') return void response.writeHead(404).end();
      return sendJson(
        response,
        JSON.stringify({ count: calls, distinct: seenByKey.size, repeated: calls - seenByKey.size }),
      );
    }
    if (path === '/reset-count') {
      clear();
      return sendJson(response, '{}');
    }
    const key = String(request.headers['idempotency-key'] ?? `none-${calls}`);
    const seen = (seenByKey.get(key) ?? 0) + 1;
    seenByKey.set(key, seen);
    calls++;
    arrivals.push({ key, atMs: performance.now() });
    mostAtOnce = Math.max(mostAtOnce, ++waiting);
    response.on('close', () => waiting--);
    readBody(request, (body) => {
      const query = new URLSearchParams(queryAt === -1 ? '' : url.slice(queryAt + 1));
      const mode = modes[path];
      const answer = () => (mode ? mode({ body, key, query, seen, response }) : sendJson(response, echoOf(body)));
      const ms = Number(query.get('ms') ?? 0);
      if (ms > 0) setTimeout(answer, ms);
      else answer();
    });
  });
  server.on('connection', () => connections++);
  // A caller that goes away is part of the play.
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', 4096, resolve);
  });

  function clear() {
    seenByKey.clear();
    calls = 0;
    connections = 0;
    bytesSent = 0;
    arrivals = [];
    mostAtOnce = waiting;
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    distinct: () => seenByKey.size,
    repeated: () => calls - seenByKey.size,
    connections: () => connections,
    arrivals: () => arrivals,
    mostAtOnce: () => mostAtOnce,
    bytesSent: () => bytesSent,
    reset: clear,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () =>
    done(chunks.length === 1 ? (chunks[0] as Buffer).toString() : Buffer.concat(chunks).toString()),
  );
}

/** The input cut out of `{"input":…,"context":{…}}` as it came, since parsing would cost more than all the rest. */
function echoOf(body: string): string {
  const end = body.lastIndexOf(',"context":');
  const input =
    body.startsWith('{"input":') && end !== -1 ? body.slice(9, end) : JSON.stringify(JSON.parse(body).input);
  return `{"output":${input}}`;
}

function sendJson(response: ServerResponse, body: string, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

// As a process of its own: node test/support/stub-agent.ts [port]
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const stub = await startStubAgent({ port: Number(process.argv[2] ?? 0) });
  console.log(JSON.stringify({ url: stub.url, port: Number(new URL(stub.url).port) }));
}
