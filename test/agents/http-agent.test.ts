import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpAgentConfig } from '../../schema/contracts/agent.ts';
import type { AgentAnswer } from '../../schema/contracts/call.ts';
import { type StubAgent, startStubAgent } from '../support/stub-agent.ts';
import { agentOf, callOf, callOnce } from './agent-call.ts';

let stub: StubAgent;
beforeAll(async () => {
  stub = await startStubAgent();
});
beforeEach(() => stub.reset());
afterAll(() => stub.close());

const at = (path: string, config: Partial<HttpAgentConfig> = {}): HttpAgentConfig => ({
  adapter: 'http',
  url: stub.url + path,
  timeoutMs: 5_000,
  ...config,
});

function failed(answer: AgentAnswer): AgentAnswer & { ok: false } {
  if (answer.ok) throw new Error(`expected a failure, found ${JSON.stringify(answer)}`);
  expect(answer.message.length).toBeLessThanOrEqual(500);
  return answer;
}

/** A server that answers each connection with these bytes as they are. */
async function rawServer(answer: string, thenEnd = true) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => (thenEnd ? socket.end(answer) : socket.write(answer)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}

describe('what an agent is sent', () => {
  it('sends input and context, and the headers the contract names', async () => {
    const answer = await callOnce(at('/echo-headers', { headers: { 'X-Team': 'search' }, secret: 'AGENT_TOKEN' }), {
      secrets: { AGENT_TOKEN: 's3cret-value\n' },
    });
    const { headers, body } = (answer as unknown as { output: { headers: Record<string, string>; body: unknown } })
      .output;
    const sent = { input: { question: 'How many?' }, context: callOf().context };
    expect(body).toEqual(sent);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(JSON.stringify(sent))),
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'idempotency-key': 'trial-1',
      'x-team': 'search',
      authorization: 'Bearer s3cret-value',
    });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers).not.toHaveProperty('accept-encoding');
  });

  it('never sends the example', async () => {
    const answer = await callOnce(at('/echo-headers'), {
      call: { example: { id: 'hidden-id', metadata: { expected: 'hidden answer' } } },
    });
    expect(JSON.stringify(answer)).not.toContain('hidden');
  });

  it('keeps connections alive and opens no more than there are calls in flight', async () => {
    const agent = agentOf(at('/run?ms=5'));
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 8 }, () => agent.call(callOf())));
    }
    await agent.close();
    expect(stub.calls()).toBe(40);
    expect(stub.connections()).toBeLessThanOrEqual(8);
  });
});

describe('what an agent answers', () => {
  it('gives the output with the time it took', async () => {
    const answer = await callOnce(at('/run?ms=30'), { call: { input: 'text with “quotes” and 🙂' } });
    expect(answer).toEqual({ ok: true, output: 'text with “quotes” and 🙂', latencyMs: expect.any(Number) });
    expect(answer.latencyMs).toBeGreaterThanOrEqual(29);
    expect(answer.latencyMs).toBeLessThan(2_000);
  });

  it('maps other shapes by outputPath, with usage, model and revision', async () => {
    const answer = await callOnce(at('/chat', { outputPath: 'choices[0].message.content' }), { call: { input: 'hi' } });
    expect(answer).toMatchObject({
      ok: true,
      output: 'hi',
      model: 'stub-1',
      usage: { inputTokens: 11, outputTokens: 7 },
      revision: 'abc123',
    });
  });

  it.each([
    ['compressed unasked', '/gzip'],
    ['begun with a byte order mark', '/bom'],
  ])('reads an answer that is %s', async (_, path) => {
    expect(await callOnce(at(path), { call: { input: 'fine' } })).toMatchObject({ ok: true, output: 'fine' });
  });
});

describe('agents that fail', () => {
  it.each([
    [500, 'server_error', true],
    [503, 'server_error', true],
    [429, 'rate_limited', true],
    [400, 'client_error', false],
    [401, 'client_error', false],
    [404, 'client_error', false],
  ])('classifies status %i as %s', async (code, errorClass, retryable) => {
    const answer = failed(await callOnce(at(`/status?code=${code}`)));
    expect(answer).toMatchObject({ errorClass, retryable });
    expect(answer.message).toContain(`agent at ${stub.url}/status?… answered ${code}`);
    expect(answer.message).toContain('was asked for');
  });

  it('passes on Retry-After in seconds and as a date', async () => {
    expect(failed(await callOnce(at('/status?code=429&retryAfter=7'))).retryAfterMs).toBe(7_000);
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs } = failed(await callOnce(at(`/status?code=503&retryAfter=${encodeURIComponent(date)}`)));
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(failed(await callOnce(at('/status?code=429&retryAfter=soon')))).not.toHaveProperty('retryAfterMs');
  });

  it.each([
    ['/garbage', 'its body is not JSON: found "{\\"output\\": tru"'],
    ['/html', 'its body is not JSON: found "<!DOCTYPE html>'],
    ['/empty', 'its body is not JSON: found nothing'],
    ['/wrong-shape', 'nothing at `output`: the top level has the keys answer, confidence'],
    ['/nested', 'nested deeper than 500'],
    ['/nul', 'the character U+0000'],
  ])('calls %s invalid output and says what was found', async (path, found) => {
    const answer = failed(await callOnce(at(path)));
    expect(answer).toMatchObject({ errorClass: 'invalid_output', retryable: false });
    expect(answer.message).toContain(found);
  });

  it.each(['/hang', '/hang-body', '/drip?every=20'])(
    'gives up on %s when timeoutMs is over, body included',
    async (path) => {
      const answer = failed(await callOnce(at(path, { timeoutMs: 200 })));
      expect(answer).toMatchObject({ errorClass: 'timeout', retryable: false });
      expect(answer.message).toContain('did not finish within 200 ms (timeoutMs)');
      expect(answer.latencyMs).toBeGreaterThanOrEqual(195);
      expect(answer.latencyMs).toBeLessThan(2_000);
    },
  );

  it('reads no more of a gigabyte than maxResponseBytes, and holds no more in memory', async () => {
    const before = process.memoryUsage().rss;
    const answer = failed(await callOnce(at('/endless?gb=1', { maxResponseBytes: 100_000, timeoutMs: 30_000 })));
    expect(answer).toMatchObject({ errorClass: 'too_large', retryable: false });
    expect(answer.message).toContain('expected at most 100000 (maxResponseBytes)');
    // What fits into socket buffers may have left the agent, not a gigabyte.
    expect(stub.bytesSent()).toBeLessThan(50e6);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('does not start to read what is announced as too large', async () => {
    expect(failed(await callOnce(at('/huge')))).toMatchObject({
      errorClass: 'too_large',
      message: expect.stringContaining('found 1073741824 bytes'),
    });
  });

  it('stops decompressing a bomb at maxResponseBytes', async () => {
    const answer = failed(await callOnce(at('/bomb?mb=50', { maxResponseBytes: 1_000_000 })));
    expect(answer.errorClass).toBe('too_large');
  });

  it.each(['/reset', '/truncated'])('calls %s a broken connection that may be tried again', async (path) => {
    expect(failed(await callOnce(at(path)))).toMatchObject({ errorClass: 'connection_reset', retryable: true });
  });

  it('survives answers that are not HTTP', async () => {
    const server = await rawServer('220 smtp.example ready\r\n');
    expect(failed(await callOnce(at('', { url: server.url }))).errorClass).toBe('invalid_output');
    server.close();
  });

  it('survives headers without end', async () => {
    const server = await rawServer(`HTTP/1.1 200 OK\r\n${'x-filler: y\r\n'.repeat(10_000)}`, false);
    expect(failed(await callOnce(at('', { url: server.url }))).errorClass).toBe('too_large');
    server.close();
  });

  it('calls a chunked answer that ends early a broken connection', async () => {
    const server = await rawServer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"out\r\n');
    expect(failed(await callOnce(at('', { url: server.url }))).errorClass).toBe('connection_reset');
    server.close();
  });

  it('says that nothing listens', async () => {
    const server = await rawServer('');
    server.close();
    const answer = failed(await callOnce(at('', { url: server.url })));
    expect(answer).toMatchObject({ errorClass: 'unreachable', retryable: true });
    expect(answer.message).toBe(`agent at ${server.url} is unreachable: connection refused`);
  });

  it('says that there is no such host', async () => {
    const answer = failed(await callOnce(at('', { url: 'http://agent.invalid/solve' }), { allowedNetworks: 'public' }));
    expect(answer).toMatchObject({ errorClass: 'unreachable', retryable: true });
  });

  it('is usable again after every fault', async () => {
    const agent = agentOf(at('/flaky?failures=2'));
    const classes: string[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await agent.call(callOf());
      classes.push(answer.ok ? 'ok' : answer.errorClass);
    }
    await agent.close();
    expect(classes).toEqual(['server_error', 'server_error', 'ok']);
    expect([stub.calls(), stub.distinct(), stub.repeated()]).toEqual([3, 1, 2]);
  });
});

describe('an aborted call', () => {
  it('ends at once, rejects with the reason and records nothing', async () => {
    const agent = agentOf(at('/hang'));
    const controller = new AbortController();
    const calls = Array.from({ length: 20 }, () => agent.call(callOf({ signal: controller.signal })));
    const reason = new Error('worker shuts down');
    setTimeout(() => controller.abort(reason), 50);
    const settled = await Promise.allSettled(calls);
    expect(settled.every((each) => each.status === 'rejected' && each.reason === reason)).toBe(true);
    await agent.close();
  });
});

describe('addresses', () => {
  it('does not follow a redirect, wherever it leads', async () => {
    for (const to of [`${stub.url}/run`, 'http://169.254.169.254/latest/meta-data?token=hunter22']) {
      const answer = failed(await callOnce(at(`/redirect?to=${encodeURIComponent(to)}`)));
      expect(answer).toMatchObject({ errorClass: 'client_error', retryable: false });
      expect(answer.message).toContain(`answered 302 Found to ${to.split('?')[0]}`);
      expect(answer.message).toContain('redirects are not followed');
      expect(answer.message).not.toContain('hunter22');
    }
    expect(stub.calls()).toBe(2);
  });

  it.each(['127.0.0.1', '0x7f000001', '2130706433', '127.1', '[::ffff:127.0.0.1]', 'localhost', '0.0.0.0'])(
    'blocks loopback written as %s where only public networks are allowed',
    async (host) => {
      const url = `http://${host}:${new URL(stub.url).port}/run`;
      const answer = failed(await callOnce(at('', { url }), { allowedNetworks: 'public' }));
      expect(answer).toMatchObject({ errorClass: 'blocked', retryable: false });
      expect(answer.message).toContain('is a loopback address');
      expect(stub.connections()).toBe(0);
    },
  );

  it('reaches loopback by name where it is allowed', async () => {
    const url = `http://localhost:${new URL(stub.url).port}/run`;
    expect(await callOnce(at('', { url }))).toMatchObject({ ok: true });
  });

  it.each([
    ['loopback', 'http://10.0.0.1/', 'a private address'],
    ['private', 'http://169.254.169.254/latest/meta-data', 'a cloud metadata address'],
    ['private', 'http://[fe80::1]/', 'a link-local address'],
  ] as const)('where %s networks are allowed, blocks %s', async (allowedNetworks, url, kind) => {
    const answer = failed(await callOnce(at('', { url }), { allowedNetworks }));
    expect(answer.errorClass).toBe('blocked');
    expect(answer.message).toContain(kind);
  });
});

describe('secrets', () => {
  it('names a secret that is missing and how to give it, and calls nobody', async () => {
    const answer = failed(await callOnce(at('/run', { secret: 'AGENT_TOKEN' })));
    expect(answer).toMatchObject({ errorClass: 'not_configured', retryable: false });
    expect(answer.message).toContain('secret AGENT_TOKEN of the agent at');
    expect(answer.message).toContain('set the environment variable AGENT_TOKEN where the worker runs');
    expect(stub.calls()).toBe(0);
  });

  it('sends other headers from secrets too, and keeps those out of messages', async () => {
    const headerSecrets = { 'X-Api-Key': 'API_KEY', 'x-org': 'ORG' };
    const secrets = { API_KEY: 'key-value-9\n', ORG: 'org-value-1' };
    const answer = await callOnce(at('/echo-headers', { headerSecrets }), { secrets });
    expect(answer).toMatchObject({ output: { headers: { 'x-api-key': 'key-value-9', 'x-org': 'org-value-1' } } });
    const server = await rawServer('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\nbad key key-value-9');
    const refused = failed(await callOnce(at('', { url: server.url, headerSecrets }), { secrets }));
    expect(refused.message).toContain('bad key [secret]');
    expect(refused.message).not.toContain('key-value-9');
    server.close();
  });

  it('calls nobody when the secret of a header is not set, and says which', async () => {
    const agent = at('/run', { headerSecrets: { 'x-api-key': 'DATABASE_URL' } });
    const answer = failed(await callOnce(agent));
    expect(answer).toMatchObject({ errorClass: 'not_configured', retryable: false });
    expect(answer.message).toContain('secret DATABASE_URL of the agent at');
    expect(await agentOf(agent).probe()).toMatchObject({ message: expect.stringContaining('DATABASE_URL') });
    expect(stub.calls()).toBe(0);
  });

  it('keeps them out of messages, even when the agent sends them back', async () => {
    const server = await rawServer(
      'HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\nbad token: Bearer s3cret-value, key-value-9',
    );
    const config = at('', {
      url: `${server.url}?api_key=query-secret`,
      secret: 'T',
      headers: { 'X-Api-Key': 'key-value-9' },
    });
    const answer = failed(await callOnce(config, { secrets: { T: 's3cret-value' } }));
    expect(answer.message).toContain('bad token: Bearer [secret], [secret]');
    for (const secret of ['s3cret-value', 'key-value-9', 'query-secret']) expect(answer.message).not.toContain(secret);
    server.close();
  });
});

describe('configuration that cannot work', () => {
  it.each([
    [{ url: 'http://user:hunter2@127.0.0.1/' }, 'holds a user or password'],
    [{ headers: { 'Content-Length': '3' } }, 'is set by Sluice itself'],
    [{ headers: { 'x-a': 'b\r\nx-c: d' } }, 'that HTTP cannot carry'],
    [{ headerSecrets: { 'Content-Length': 'N' } }, 'is set by Sluice itself'],
    [{ headerSecrets: { 'x a': 'N' } }, 'that HTTP cannot carry'],
    [{ secret: 'N', headerSecrets: { Authorization: 'N' } }, 'is given twice'],
    [{ headers: { 'X-Org': 'a' }, headerSecrets: { 'x-org': 'N' } }, 'is given twice'],
    [{ outputPath: 'choices[0' }, 'does not parse at character 8'],
  ])('refuses %o before any call', (config, message) => {
    expect(() => agentOf(at('/run', config))).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(message) }),
    );
    expect(() => agentOf(at('/run', config))).not.toThrow('hunter2');
  });
});

describe('probing', () => {
  it('finds an agent that listens, without calling it', async () => {
    const agent = agentOf(at('/hang'));
    expect(await agent.probe()).toBeNull();
    expect(agent.endpoint).toBe(stub.url);
    expect(stub.calls()).toBe(0);
    await agent.close();
  });

  it('says why an agent cannot be reached and what to do', async () => {
    const server = await rawServer('');
    server.close();
    expect(await agentOf(at('', { url: server.url })).probe()).toEqual({
      message: `agent at ${server.url} is unreachable: connection refused`,
      fix: expect.stringContaining('start the agent'),
    });
    expect(await agentOf(at('', { url: 'http://192.168.1.1/' })).probe()).toMatchObject({
      message: expect.stringContaining('is a private address'),
    });
    expect(await agentOf(at('/run', { secret: 'AGENT_TOKEN' })).probe()).toMatchObject({
      message: expect.stringContaining('secret AGENT_TOKEN'),
      fix: expect.stringContaining('environment variable AGENT_TOKEN'),
    });
  });
});
