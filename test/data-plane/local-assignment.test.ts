import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Assigner, type AssignerOptions, createAssigner } from '../../client/create-assigner.ts';
import type { AssignmentsAnswer, LeasedSplit } from '../../schema/contracts/traffic.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { type CuttableProxy, startCuttableProxy } from '../support/cuttable-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { type TestDatabase, useTestDatabase } from '../support/test-database.ts';
import { callDataPlane } from './call-data-plane.ts';
import { type PlacedRollout, placeRollout } from './place-rollout.ts';
import { startApi } from './start-api.ts';

let database: TestDatabase;
let api: { url: string; stop(): Promise<void> };
let proxy: CuttableProxy;
let rollout: PlacedRollout;
let key: string;
const open: Assigner[] = [];
const units = Array.from({ length: 300 }, (_, index) => `local-${index}`);

beforeAll(async () => {
  database = await useTestDatabase();
  key = (await createKey(database.db, { projectId: 'prj_default', service: 'shop', role: 'ingest' })).apiKey;
  rollout = await placeRollout(database.db);
  api = await startApi({ databaseUrl: database.databaseUrl });
  const { hostname, port } = new URL(api.url);
  proxy = await startCuttableProxy({ host: hostname, port: Number(port) });
  afterAll(async () => {
    await proxy.close();
    await api.stop();
  });
});
afterEach(async () => {
  for (const assigner of open.splice(0)) await assigner.close(100);
});

const assignerOf = async (more: Partial<AssignerOptions> = {}): Promise<Assigner> => {
  const url = `http://127.0.0.1:${proxy.port}`;
  const assigner = createAssigner({ url, apiKey: key, agent: 'support-bot', flushEveryMs: 50, ...more });
  open.push(assigner);
  await assigner.ready();
  return assigner;
};
const candidates = (assigner: Assigner) => units.filter((unit) => assigner.assign(unit).variant === 'candidate').length;
const stored = async (like: string) =>
  (await database.db.selectFrom('exposure').select('unit').where('unit', 'like', like).execute()).length;

test('an assigner decides as the API does, without a request, and its exposures are stored', async () => {
  const assigner = await assignerOf();
  const local = [...units, 'tester'].map((unit) => assigner.assign(unit));
  const { json } = await callDataPlane({ url: api.url, keys: { ingest: key } }, '/v1/assignments', {
    agent: 'support-bot',
    units: [...units, 'tester'],
    record: false,
  });
  expect(local.map(({ randomised, ...assignment }) => assignment)).toEqual((json as AssignmentsAnswer).assignments);
  await assigner.flush();
  expect(await stored('local-%')).toBe(units.length);
  expect(await stored('tester')).toBe(0);
  expect(assigner.dropped).toBe(0);
});

test('a session from before the rollout stays on control and is no exposure', async () => {
  const assigner = await assignerOf();
  const revision = await rollout.split(0.5, { startedAtMs: 1_000_000 });
  await eventually(() => assigner.assign('x', {}, { record: false }).revision === revision || undefined);
  const older = units.map((unit) => assigner.assign(unit, {}, { sessionStartedAtMs: 999_999 }));
  expect(new Set(older.map(({ variant, randomised }) => `${variant} ${randomised}`))).toEqual(
    new Set(['control false']),
  );
  const younger = units.map((unit) => assigner.assign(unit, {}, { sessionStartedAtMs: 1_000_001, record: false }));
  expect(new Set(younger.map(({ variant }) => variant)).size).toBe(2);
});

test.for([{ stream: true }, { stream: false }])(
  'a change reaches an assigner (by stream: $stream)',
  async ({ stream }) => {
    const assigner = await assignerOf({ stream, record: false });
    const revision = await rollout.split(stream ? 0.6 : 0.7);
    await eventually(() => assigner.assign('x').revision === revision || undefined, stream ? 3_000 : 10_000);
  },
);

test('cut off from the API an assigner goes on with the last good split, then with control; its exposures wait and arrive', async () => {
  await rollout.split(0.5);
  await rollout.lease(4_000);
  // Whoever asks from here on is told of the short lease.
  await eventually(async () => {
    const asked = await fetch(`${api.url}/v1/traffic/support-bot`, { headers: { authorization: `Bearer ${key}` } });
    const { leaseMs } = (await asked.json()) as LeasedSplit;
    return (leaseMs !== null && leaseMs <= 4_000) || undefined;
  });
  const assigner = await assignerOf();
  await proxy.cut();
  expect(candidates(assigner)).toBeGreaterThan(100);
  assigner.assign('waits-for-the-api');
  await eventually(() => candidates(assigner) === 0 || undefined);
  await rollout.lease(60_000);
  await proxy.mend();
  await eventually(() => candidates(assigner) > 100 || undefined);
  await eventually(async () => (await stored('waits-for-the-api')) === 1 || undefined);
});

test('exposures that find no room are counted, reported, and hold the rollout', async () => {
  const assigner = await assignerOf({ queueLimit: 10, flushEveryMs: 60_000 });
  for (let index = 0; index < 25; index += 1) assigner.assign(`crowd-${index}`);
  expect(assigner.dropped).toBe(15);
  await assigner.flush();
  expect(await stored('crowd-%')).toBe(10);
  await eventually(async () => {
    const state = await database.db.selectFrom('rollout_state').select('dropped_exposures').executeTakeFirst();
    return state?.dropped_exposures === 15 || undefined;
  });
});

test('an assigner with a wrong key or for an unknown agent says so', async () => {
  await expect(assignerOf({ apiKey: 'sl_wrong' })).rejects.toMatchObject({ code: 'unauthorized' });
  await expect(assignerOf({ agent: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
});
