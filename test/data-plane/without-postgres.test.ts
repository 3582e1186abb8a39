import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDataPlane } from '../../api/data-plane/create-data-plane.ts';
import { assign as decide } from '../../api/data-plane/live-agent.ts';
import type { AssignmentsAnswer } from '../../schema/contracts/traffic.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { type CuttableProxy, startCuttableProxy } from '../support/cuttable-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { callDataPlane } from './call-data-plane.ts';
import { type PlacedRollout, placeRollout } from './place-rollout.ts';
import { startApi } from './start-api.ts';

let database: TestDatabase;
let proxy: CuttableProxy;
let dataDir: string;
let key: string;
let rollout: PlacedRollout;
let databaseUrl: string;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  const url = new URL(database.databaseUrl);
  proxy = await startCuttableProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  databaseUrl = url.href;
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-data-plane-'));
  key = (await createKey(database.db, { projectId: 'prj_default', service: 'shop', role: 'ingest' })).apiKey;
  rollout = await placeRollout(database.db);
});

afterEach(async () => {
  // First of all: what waits for a silent connection would wait for ever.
  await proxy.close();
  for (const api of running.splice(0)) await api.stop();
  await database.drop(false);
  rmSync(dataDir, { recursive: true, force: true });
});

const start = async () => {
  const api = await startApi({ databaseUrl, dataDir });
  running.push(api);
  return api;
};
const units = (from: number, count = 200) => Array.from({ length: count }, (_, index) => `unit-${from + index}`);
const assign = async (api: { url: string }, names: string[]): Promise<AssignmentsAnswer['assignments']> => {
  const body = { agent: 'support-bot', units: names };
  const { status, json } = await callDataPlane({ url: api.url, keys: { ingest: key } }, '/v1/assignments', body);
  expect({ status, json }).toMatchObject({ status: 200 });
  return (json as AssignmentsAnswer).assignments;
};
const candidates = (assignments: { variant: string }[]) =>
  assignments.filter(({ variant }) => variant === 'candidate').length;
const stored = async () => (await database.db.selectFrom('exposure').select('unit').execute()).length;
const untilLeased = (api: { url: string }) =>
  eventually(async () => (candidates(await assign(api, units(0))) > 0 ? true : undefined));

test('when Postgres dies assignments go on from the last good split, then with control once the lease is over; no call fails', async () => {
  const api = await start();
  const before = await assign(api, units(0));
  expect(candidates(before)).toBeGreaterThan(60);
  await rollout.lease(4_000);
  const leasedUntil = performance.now() + 4_000;
  await eventually(async () => ((await leaseOf(api)) <= 4_000 ? true : undefined));
  await proxy.cut();
  expect(await assign(api, units(0))).toEqual(before);
  const over = await eventually(async () => {
    const some = await assign(api, units(0));
    return candidates(some) === 0 ? some : undefined;
  });
  expect(performance.now()).toBeLessThan(leasedUntil + 500);
  expect(new Set(over.map(({ agentVersion }) => agentVersion))).toEqual(new Set([1]));

  await rollout.lease(60_000);
  await proxy.mend();
  await untilLeased(api);
});

test('exposures of the time without Postgres are kept on disk and stored when it is back, each once', async () => {
  const api = await start();
  await assign(api, units(0));
  await eventually(async () => ((await stored()) === 200 ? true : undefined));
  await proxy.cut();
  await assign(api, units(200, 1_000));
  await assign(api, units(1_100, 200));
  await eventually(() => spoolFiles().length > 0 || undefined);
  await proxy.mend();
  await eventually(async () => ((await stored()) === 1_300 ? true : undefined));
  await eventually(() => spoolFiles().length === 0 || undefined);
  const state = await database.db.selectFrom('rollout_state').select('dropped_exposures').executeTakeFirstOrThrow();
  expect(state.dropped_exposures).toBe(0);
});

test('the API starts without Postgres: assignments from the snapshot on disk until the lease ends, exposures kept, then all of it stored', async () => {
  const first = await start();
  const before = await assign(first, units(0));
  await eventually(async () => ((await stored()) === 200 ? true : undefined));
  await running.pop()?.stop();
  await proxy.cut();

  const api = await start();
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${api.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ problems: expect.arrayContaining(['Postgres does not answer']) });
  expect(await assign(api, units(0))).toEqual(before);
  await assign(api, units(300, 50));
  // Killed or stopped before Postgres came back: the next one takes over what waits on disk.
  await running.pop()?.stop();
  expect(spoolFiles()).not.toEqual([]);
  await proxy.mend();
  await start();
  await eventually(async () => ((await stored()) === 250 ? true : undefined));
});

test('a snapshot whose lease is over gives control', async () => {
  await rollout.lease(1_500);
  await start();
  await running.pop()?.stop();
  await proxy.cut();
  const api = await start();
  await eventually(async () => (candidates(await assign(api, units(0))) === 0 ? true : undefined));
});

test('a start without Postgres and without a snapshot says so, and serves as soon as Postgres is back', async () => {
  await proxy.cut();
  const api = await start();
  const body = { agent: 'support-bot', units: ['a'] };
  const call = () => callDataPlane({ url: api.url, keys: { ingest: key } }, '/v1/assignments', body);
  expect(await call()).toMatchObject({ status: 503, json: { error: { data: { sluice: { code: 'unavailable' } } } } });
  await proxy.mend();
  await eventually(async () => ((await call()).status === 200 ? true : undefined));
});

test('a Postgres that falls silent without a word is noticed: control after the lease, and all is well on new connections', async () => {
  const api = await start();
  await rollout.lease(4_000);
  await eventually(async () => ((await leaseOf(api)) <= 4_000 ? true : undefined));
  proxy.stall();
  await eventually(async () => (candidates(await assign(api, units(0))) === 0 ? true : undefined));
  await rollout.lease(60_000);
  await proxy.mend();
  await eventually(async () => (candidates(await assign(api, units(0))) > 60 ? true : undefined), 25_000);
  await eventually(async () => ((await stored()) >= 200 ? true : undefined), 25_000);
}, 60_000);

test('exposures that find no room on disk are counted, and hold the rollout', async () => {
  const dataPlane = await createDataPlane({ databaseUrl, dataDir, spoolLimitBytes: 3_000 });
  running.push({ stop: () => dataPlane.close() });
  const live = await dataPlane.live.agentOf({ projectId: 'prj_default', agent: 'support-bot' });
  await proxy.cut();
  for (const unit of units(0, 100)) dataPlane.expose(live, decide(live, unit));
  await dataPlane.exposures.settled();
  await running.pop()?.stop();

  await proxy.mend();
  await start();
  const dropped = await eventually(async () => {
    const state = await database.db.selectFrom('rollout_state').select('dropped_exposures').executeTakeFirstOrThrow();
    return state.dropped_exposures || undefined;
  });
  expect(dropped).toBeGreaterThan(50);
  await eventually(async () => ((await stored()) === 100 - dropped ? true : undefined));
});

const spoolFiles = () => readdirSync(join(dataDir, 'data-plane')).filter((name) => name.endsWith('.jsonl'));
async function leaseOf(api: { url: string }): Promise<number> {
  const response = await fetch(`${api.url}/v1/traffic/support-bot`, { headers: { authorization: `Bearer ${key}` } });
  return ((await response.json()) as { leaseMs: number }).leaseMs;
}
