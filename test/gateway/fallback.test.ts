import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { piece } from '../agents/stub-completions.ts';
import { eventually } from '../support/eventually.ts';
import { callsOf, useGateway } from './use-gateway.ts';

const timeoutMs = 400;
const gateway = useGateway({
  config: (url, version) => ({ adapter: 'openai', baseUrl: url, model: `large-${version}`, timeoutMs }),
});

const eventStream = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };
const begin = (response: ServerResponse, text: string) => void response.writeHead(200, eventStream).write(text);

/** How a candidate may fail before it says anything. */
const whole: Record<string, [(response: ServerResponse) => void, errorClass: string]> = {
  'closes the connection': [(response) => response.destroy(), 'connection_reset'],
  'never answers': [() => {}, 'timeout'],
  'answers 500': [(response) => response.writeHead(500).end('oops'), 'server_error'],
  'is rate limited': [(response) => response.writeHead(429, { 'retry-after': '7' }).end('{}'), 'rate_limited'],
  'refuses the request': [
    (response) => response.writeHead(404, json).end('{"error":{"message":"no"}}'),
    'client_error',
  ],
  'breaks off in the middle of its answer': [
    (response) =>
      response.writeHead(200, { ...json, 'content-length': '900' }).write('{"choices"', () => response.destroy()),
    'connection_reset',
  ],
  'answers with a web page': [(response) => response.writeHead(200).end('<html>'), 'invalid_output'],
  'answers with an error and status 200': [
    (response) => response.writeHead(200, json).end('{"error":"x"}'),
    'server_error',
  ],
};
const streamed: Record<string, [(response: ServerResponse) => void, errorClass: string]> = {
  ...whole,
  'says its role and breaks off': [
    (response) => response.writeHead(200, eventStream).write(piece({ role: 'assistant' }), () => response.destroy()),
    'connection_reset',
  ],
  'says its role and falls silent': [(response) => begin(response, piece({ role: 'assistant' })), 'timeout'],
  'streams an error first': [(response) => begin(response, 'data: {"error":{"message":"x"}}\n\n'), 'server_error'],
  'ends without a word': [
    (response) => response.writeHead(200, eventStream).end('data: [DONE]\n\n'),
    'connection_reset',
  ],
};
const cases = [
  ...Object.entries(whole).map(([how, [answer, errorClass]]) => ({ how, answer, errorClass, stream: false })),
  ...Object.entries(streamed).map(([how, [answer, errorClass]]) => ({ how, answer, errorClass, stream: true })),
];

describe('a user gets the answer of control when the candidate', () => {
  test.each(cases)('$how (stream: $stream)', async ({ how, answer, errorClass, stream }) => {
    gateway.candidate.answers((response) => answer(response));
    const before = gateway.control.asked.length;
    // Forced to the candidate, and a unit of the test's own in the records.
    const trace = Buffer.from(`${how} ${stream}`.padEnd(16)).toString('hex').slice(-32);
    const response = await gateway.chat('tester', {
      body: { stream },
      headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain(stream ? '" control"' : 'I am control');
    expect(text).not.toContain('"error"');
    expect(response.headers.get('x-sluice-variant')).toBe('control');
    expect(gateway.control.asked.length).toBe(before + 1);
    const call = await eventually(async () =>
      (await callsOf(gateway, 'tester', 1)).find(({ trace_id }) => trace_id === trace),
    );
    expect(call).toMatchObject({
      variant: 'candidate',
      status: 'failed',
      fell_back: true,
      error_class: errorClass,
    });
  });
});

test('a stream that falls silent after its first token ends with an event that says so', async () => {
  gateway.candidate.answers((response) => begin(response, piece({ content: 'I' })));
  const text = await (await gateway.chat('tester', { body: { stream: true } })).text();
  expect(text).toMatch(/"content":"I".*\n\ndata: \{"error":\{"message":"the agent fell silent after/s);
  expect(text).not.toContain('[DONE]');
});

test('half an event is never passed on: what breaks off in the middle of one ends with a whole error', async () => {
  gateway.candidate.answers((response) => {
    response
      .writeHead(200, eventStream)
      .write(piece({ content: 'I' }) + piece({ content: ' am' }).slice(0, 20), () => response.destroy());
  });
  const text = await (await gateway.chat('tester', { body: { stream: true } })).text();
  const events = text.trimEnd().split('\n\n');
  expect(events).toHaveLength(2);
  for (const event of events) JSON.parse(event.slice('data: '.length));
});

test('when control fails too, the user gets a clean error that names the agent and no secret address', async () => {
  for (const stub of [gateway.control, gateway.candidate])
    stub.answers((response) => response.writeHead(503).end('down'));
  const response = await gateway.chat('tester');
  expect(response.status).toBe(502);
  const { error } = (await response.json()) as { error: { message: string; code: string } };
  expect(error).toMatchObject({ code: 'server_error', message: expect.stringContaining('answered 503') });
});

test('a user who goes away ends the call of the agent', async () => {
  const closed = new Promise<void>((resolve) => {
    gateway.candidate.answers((response) => {
      begin(response, piece({ content: 'I' }));
      response.on('close', resolve);
    });
  });
  const leaving = new AbortController();
  const response = await gateway.chat('tester', { body: { stream: true }, signal: leaving.signal });
  await response.body?.getReader().read();
  leaving.abort();
  await closed;

  const waiting = new AbortController();
  const gone = new Promise<void>((resolve) => {
    gateway.candidate.answers((response) => {
      response.on('close', resolve);
      waiting.abort();
    });
  });
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  await expect(gateway.chat('tester', { signal: waiting.signal, headers })).rejects.toThrow();
  await gone;
  const call = await eventually(async () =>
    (await callsOf(gateway, 'tester', 1)).find(({ trace_id }) => trace_id === trace),
  );
  expect(call).toMatchObject({ status: 'failed', error_class: 'abandoned', fell_back: false });
});

test('a user who reads slowly slows the agent down instead of filling memory', async () => {
  let sent = 0;
  let isFull = false;
  gateway.candidate.answers((response) => {
    response.writeHead(200, eventStream);
    const event = piece({ content: 'x'.repeat(100_000) });
    const more = async () => {
      for (let at = 0; at < 2_000 && !response.destroyed; at += 1) {
        sent += event.length;
        if (response.write(event)) continue;
        isFull = true;
        await once(response, 'drain');
        isFull = false;
      }
    };
    void more();
  });
  const leaving = new AbortController();
  const response = await gateway.chat('tester', { body: { stream: true }, signal: leaving.signal });
  await response.body?.getReader().read();
  let before = -1;
  await eventually(async () => {
    const isStill = isFull && sent === before;
    before = sent;
    await new Promise((resolve) => setImmediate(resolve));
    return isStill || undefined;
  });
  expect(sent).toBeLessThan(60_000_000);
  leaving.abort();
});
