import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runApi } from '../../api/main.ts';
import { createClient } from '../../client/create-client.ts';
import { type CuttableProxy, startCuttableProxy } from '../support/cuttable-proxy.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, databaseUrl, keys, sluice, temporalNamespace, url } = await useTestStack({ workers: 0 });

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${keys.admin}`, 'content-type': 'application/json', ...headers },
  });

describe('an error on the wire', () => {
  it('has one shape: message, code, what to do; nothing else', async () => {
    const response = await post('/trpc/runs.pause', '{"id":"run_nowhere"}');
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        code: -32004,
        message: 'there is no run "run_nowhere"',
        data: {
          httpStatus: 404,
          path: 'runs.pause',
          sluice: { code: 'not_found', fix: 'See the runs with `sluice run list`.' },
        },
      },
    });
  });

  it('of a request that is not understood names every field', async () => {
    const response = await post(
      '/trpc/runs.start',
      JSON.stringify({ spec: { ...experimentSpec(), concurrency: 'many' } }),
    );
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { data: { sluice: { details: unknown } } } };
    expect(error.data.sluice).toMatchObject({
      code: 'invalid_input',
      details: [{ path: 'concurrency', message: expect.stringContaining('number') }],
    });
  });

  it('of something broken inside tells nothing of the inside', async () => {
    const gone = sql`alter table gate_version rename to gate_version_gone`;
    const back = sql`alter table gate_version_gone rename to gate_version`;
    await gone.execute(db);
    const response = await fetch(`${url}/trpc/gates.get?input=${encodeURIComponent('{"name":"release"}')}`, {
      headers: { authorization: `Bearer ${keys.viewer}` },
    });
    await back.execute(db);
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      error: { message: 'something broke inside Sluice', data: { sluice: { code: 'internal' } } },
    });
    expect(text).not.toMatch(/stack|\.ts|node_modules|select|gate_version|relation/i);
  });

  it.each([
    ['JSON that ends too soon', '{"id":'],
    ['no JSON', 'id=run_1'],
  ])('of a body that is %s says so', async (_, body) => {
    const response = await post('/trpc/runs.pause', body);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(JSON.parse(text).error.message).toBe('the request body is not JSON that this API understands');
    expect(text).not.toContain('stack');
  });

  it('of a body that is too large says how large it may be', async () => {
    const response = await post('/trpc/runs.pause', new Uint8Array(40_000_000));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      error: {
        message: 'the request body is larger than 33554432 bytes',
        data: { sluice: { code: 'too_large' } },
      },
    });
  });

  it('of a path that is not there is in the same shape', async () => {
    const response = await post('/trpc/runs.explode', '{}');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { data: { sluice: { code: 'not_found' } } } });
  });
});

it('more calls in one request than allowed are refused as a whole', async () => {
  const calls = Array.from({ length: 21 }, () => 'keys.whoami').join(',');
  const response = await fetch(`${url}/trpc/${calls}?batch=1&input={}`, {
    headers: { authorization: `Bearer ${keys.viewer}` },
  });
  expect(response.status).toBe(400);
  const allowed = await fetch(`${url}/trpc/keys.whoami,keys.whoami?batch=1&input={}`, {
    headers: { authorization: `Bearer ${keys.viewer}` },
  });
  expect(allowed.status).toBe(200);
});

describe('a dataset row', () => {
  it('beyond 1 MiB is refused, naming the row, its size and the limit', async () => {
    const rows = [...numberedRows(2), { id: 'big', input: 'x'.repeat(1_100_000) }];
    const refusal = await refusalOf(pushDataset(sluice, 'big', rows));
    expect(refusal.code).toBe('too_large');
    expect(refusal.message).toMatch(/^row 3: the example has 11000\d\d bytes, at most 1048576 are accepted$/);
  });

  it('number 1001 of a chunk is refused', async () => {
    const { pushId } = await sluice.datasets.beginPush.mutate({ name: 'chunk' });
    const refusal = await refusalOf(sluice.datasets.pushRows.mutate({ pushId, ordinal: 0, rows: numberedRows(1_001) }));
    expect(refusal.code).toBe('invalid_input');
    expect(refusal.message).toContain('rows');
  });
});

describe('while the database is away', () => {
  let proxy: CuttableProxy;
  let awayUrl = '';
  const closing = new AbortController();
  let closed: Promise<void>;
  beforeAll(async () => {
    const target = new URL(databaseUrl);
    proxy = await startCuttableProxy({ host: target.hostname, port: Number(target.port) });
    target.port = `${proxy.port}`;
    const api = await runApi(
      {
        databaseUrl: target.href,
        temporalNamespace,
        temporalConnection: { address: inject('temporalAddress') },
        host: '127.0.0.1',
        port: 0,
        auditKey: 'key',
        log: false,
      },
      closing.signal,
    );
    awayUrl = api.url;
    closed = api.closed;
  });
  afterAll(async () => {
    await proxy.close();
    closing.abort();
    await closed;
  });

  it('requests get 503 with what to do, liveness stays, and a waiting client goes on when it is back', async () => {
    const client = createClient({ url: awayUrl, apiKey: keys.viewer, retryForMs: 20_000 });
    expect(await client.keys.whoami.query()).toEqual({ actor: 'person:viewer', role: 'viewer' });
    await proxy.cut();
    const response = await fetch(`${awayUrl}/trpc/keys.whoami`, {
      headers: { authorization: `Bearer ${keys.viewer}` },
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      error: {
        message: 'the database does not answer',
        data: { sluice: { code: 'unavailable', fix: expect.stringContaining('sluice doctor') } },
      },
    });
    expect((await fetch(`${awayUrl}/healthz`)).status).toBe(200);
    const waiting = client.keys.whoami.query();
    await proxy.mend();
    expect(await waiting).toEqual({ actor: 'person:viewer', role: 'viewer' });
  });
});
