import { EventSource } from 'eventsource';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExposuresAnswer, LeasedSplit } from '../../schema/contracts/traffic.ts';
import { pushAgentVersion } from '../../store/agents/push-agent-version.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { eventually } from '../support/eventually.ts';
import { type TestDatabase, useTestDatabase } from '../support/test-database.ts';
import { callDataPlane } from './call-data-plane.ts';
import { type PlacedRollout, placeRollout } from './place-rollout.ts';
import { startApi } from './start-api.ts';

let database: TestDatabase;
let api: { url: string; stop(): Promise<void> };
let rollout: PlacedRollout;
let key: string;

beforeAll(async () => {
  database = await useTestDatabase();
  key = (await createKey(database.db, { projectId: 'prj_default', service: 'shop', role: 'ingest' })).apiKey;
  rollout = await placeRollout(database.db);
  api = await startApi({ databaseUrl: database.databaseUrl });
  afterAll(() => api.stop());
});

const get = (headers: Record<string, string> = {}) =>
  fetch(`${api.url}/v1/traffic/support-bot`, { headers: { authorization: `Bearer ${key}`, ...headers } });
const report = async (exposures: object[], dropped?: object[]): Promise<ExposuresAnswer> => {
  const body = { exposures, ...(dropped ? { dropped } : {}) };
  const { status, json } = await callDataPlane({ url: api.url, keys: { ingest: key } }, '/v1/exposures', body);
  expect({ status, json }).toMatchObject({ status: 200 });
  return json as ExposuresAnswer;
};

test('a split comes with its revision and what is left of its lease; unchanged it has no body, but its lease goes on', async () => {
  const first = await get();
  const split = (await first.json()) as LeasedSplit;
  expect(first.headers.get('etag')).toBe('"1"');
  expect(split).toMatchObject({ agent: 'support-bot', revision: 1, runId: rollout.runId, maxAgeMs: 5_000 });
  expect(split.leaseMs).toBeGreaterThan(30_000);
  expect(split.leaseMs).toBeLessThanOrEqual(60_000);

  const same = await get({ 'if-none-match': '"1"' });
  expect([same.status, await same.text()]).toEqual([304, '']);
  expect(Number(same.headers.get('x-sluice-lease-ms'))).toBeLessThanOrEqual(split.leaseMs ?? 0);
  expect((await fetch(`${api.url}/v1/traffic/support-bot`)).status).toBe(401);
  const unknown = await fetch(`${api.url}/v1/traffic/nobody`, { headers: { authorization: `Bearer ${key}` } });
  expect(unknown.status).toBe(404);
});

test('a stream tells of every change and every renewal of the lease at once', async () => {
  const seen: LeasedSplit[] = [];
  const source = new EventSource(`${api.url}/v1/traffic/support-bot`, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } }),
  });
  source.addEventListener('message', ({ data }) => void seen.push(JSON.parse(data)));
  await eventually(() => seen.length > 0 || undefined);
  expect(seen[0]?.revision).toBe(1);
  await rollout.lease(90_000);
  await eventually(() => seen.some(({ leaseMs }) => (leaseMs ?? 0) > 80_000) || undefined, 2_000);
  const revision = await rollout.split(0.6);
  await eventually(() => seen.some((split) => split.revision === revision) || undefined, 2_000);
  source.close();
});

test('a client reports what it drew: accepted once, known again as a duplicate; what does not follow from its revision is rejected with the reason', async () => {
  const revision = await rollout.split(0.5);
  await eventually(async () => ((await get()).headers.get('etag') === `"${revision}"` ? true : undefined));
  const at = new Date().toISOString();
  const { json } = await callDataPlane({ url: api.url, keys: { ingest: key } }, '/v1/assignments', {
    agent: 'support-bot',
    units: Array.from({ length: 20 }, (_, index) => `client-${index}`),
    record: false,
  });
  const drawn = (json as { assignments: { unit: string; variant: string; revision: number }[] }).assignments;
  const exposures = drawn.map(({ unit, variant, revision }) => ({ agent: 'support-bot', unit, variant, revision, at }));
  expect(await report(exposures)).toEqual({ accepted: 20, duplicates: 0, rejected: [] });
  expect(await report(exposures)).toEqual({ accepted: 0, duplicates: 20, rejected: [] });

  const [good] = exposures;
  if (!good) throw new Error('nothing was drawn');
  const other = good.variant === 'control' ? 'candidate' : 'control';
  const answer = await report([
    { ...good, variant: other },
    { ...good, revision: 999 },
    { ...good, agent: 'nobody' },
    { ...good, unit: 'tester', variant: 'candidate' },
    { ...good, unit: 'client-new', variant: 'no such variant' },
    { ...good, at: '2999-01-01T00:00:00Z' },
  ]);
  expect(answer).toMatchObject({ accepted: 0, duplicates: 0 });
  expect(answer.rejected.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(answer.rejected.map(({ reason }) => reason)).toEqual([
    `by revision ${revision} unit "client-0" gets ${good.variant}, found ${other}`,
    'agent support-bot never had the revision 999',
    'there is no agent "nobody"',
    `unit "tester" is forced in revision ${revision}: it is no exposure`,
    expect.stringMatching(/^by revision \d+ unit "client-new" gets (control|candidate), found no such variant$/),
    'at: 2999-01-01T00:00:00.000Z lies in the future; expected a time until now',
  ]);
});

test('exposures that a client had to drop hold the rollout: they are counted', async () => {
  const { revision } = (await (await get()).json()) as LeasedSplit;
  await report([], [{ agent: 'support-bot', revision, count: 7 }]);
  await eventually(async () => {
    const state = await database.db.selectFrom('rollout_state').select('dropped_exposures').executeTakeFirst();
    return state?.dropped_exposures === 7 || undefined;
  });
});

test('a page of another origin may assign with a key of its own', async () => {
  const asked = await fetch(`${api.url}/v1/traffic/support-bot`, {
    method: 'OPTIONS',
    headers: { origin: 'https://shop.example.org', 'access-control-request-method': 'GET' },
  });
  expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
  const answer = await get({ origin: 'https://shop.example.org' });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('access-control-expose-headers')).toContain('x-sluice-lease-ms');
});

test('an agent with a slash in its name has a split too', async () => {
  await pushAgentVersion(database.db, {
    projectId: 'prj_default',
    name: 'shop/search',
    config: { adapter: 'function', function: 'solve' },
    createdBy: 'person:test',
  });
  const url = `${api.url}/v1/traffic/${encodeURIComponent('shop/search')}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  expect(await answer.json()).toMatchObject({
    agent: 'shop/search',
    revision: 0,
    leaseMs: null,
    variants: [{ name: 'control', version: 1, range: [0, 1] }],
  });
});

test('two replicas that are asked for the same units at once record each unit once', async () => {
  const other = await startApi({ databaseUrl: database.databaseUrl });
  const units = Array.from({ length: 500 }, (_, index) => `both-${index}`);
  const calls = Array.from({ length: 20 }, (_, index) =>
    callDataPlane({ url: index % 2 ? api.url : other.url, keys: { ingest: key } }, '/v1/assignments', {
      agent: 'support-bot',
      units: index % 3 ? units : units.toReversed(),
    }),
  );
  for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
  await other.stop();
  await eventually(async () => {
    const rows = await database.db.selectFrom('exposure').select('unit').where('unit', 'like', 'both-%').execute();
    return rows.length === 500 || undefined;
  });
  const exposed = await database.db.selectFrom('exposure').select('unit').execute();
  const { rows } = await sql<{ count: number }>`select sum(count)::int as count from exposure_count`.execute(
    database.db,
  );
  expect(rows[0]?.count).toBe(exposed.length);
});

test('many units in one call are one request and one batch: 1,000 assignments are recorded', async () => {
  const units = Array.from({ length: 1_000 }, (_, index) => `batch-${index}`);
  await callDataPlane({ url: api.url, keys: { ingest: key } }, '/v1/assignments', { agent: 'support-bot', units });
  await eventually(async () => {
    const rows = await database.db.selectFrom('exposure').select('unit').where('unit', 'like', 'batch-%').execute();
    return rows.length === 1_000 || undefined;
  });
});
