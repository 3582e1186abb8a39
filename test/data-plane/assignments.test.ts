import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { decideVariant } from '../../assignment/decide-variant.ts';
import type { AssignmentsAnswer } from '../../schema/contracts/traffic.ts';
import { pushSupportBot, rolloutSpec, untilResult } from '../rollout/use-rollout.ts';
import { eventually } from '../support/eventually.ts';
import { type TestStack, useTestStack } from '../support/test-stack.ts';
import { callDataPlane } from './call-data-plane.ts';

let stack: TestStack;
let agentId: string;
let runId: string;
const units = Array.from({ length: 1_000 }, (_, index) => `unit-${index}`);

beforeAll(async () => {
  stack = await useTestStack();
  agentId = await pushSupportBot(stack);
});

const assign = async (body: object): Promise<AssignmentsAnswer['assignments']> => {
  const { status, json } = await callDataPlane(stack, '/v1/assignments', { agent: 'support-bot', ...body });
  expect({ status, json }).toMatchObject({ status: 200 });
  return (json as AssignmentsAnswer).assignments;
};
const exposuresOf = (unit?: string) =>
  stack.db
    .selectFrom('exposure')
    .selectAll()
    .where('run_id', '=', runId)
    .$if(unit !== undefined, (query) => query.where('unit', '=', unit as string))
    .execute();

test('without a rollout everybody gets the production version, and nothing is an exposure', async () => {
  expect(await assign({ units: ['a', 'b'] })).toEqual([
    { unit: 'a', variant: 'control', agentVersion: 1, revision: 0 },
    { unit: 'b', variant: 'control', agentVersion: 1, revision: 0 },
  ]);
});

test('who got the candidate keeps it while its share grows from 1 % to 50 %', async () => {
  const { id } = await stack.sluice.runs.start.mutate({
    spec: rolloutSpec({
      stages: [0.01, 0.1, 0.25, 0.5].map((traffic) => ({ traffic, minDuration: '10ms', minSamples: 1_000_000 })),
      conditions: [{ attribute: 'country', operator: 'not_equals', value: 'XX' }],
      force: { tester: 'candidate' },
    }),
  });
  runId = id;
  const got: Set<string>[] = [];
  for (const [index, share] of [0.01, 0.1, 0.25, 0.5].entries()) {
    await untilResult(stack, id, ({ stage }) => stage === index + 1);
    const assignments = await eventually(async () => {
      const some = await assign({ units });
      // The data plane hears of a new split a moment after it is in force.
      return (some[0]?.revision ?? 0) >= index + 1 ? some : undefined;
    });
    const candidates = new Set(assignments.filter(({ variant }) => variant === 'candidate').map(({ unit }) => unit));
    expect(candidates.size / units.length).toBeCloseTo(share, 1);
    for (const earlier of got) for (const unit of earlier) expect(candidates).toContain(unit);
    got.push(candidates);
    if (share < 0.5) await stack.sluice.runs.steer.mutate({ id, command: 'advance', reason: 'the test goes on' });
  }
  expect(got.at(-1)?.size).toBeGreaterThan(got[0]?.size ?? 0);
});

test('fifty calls of one unit at once are one exposure', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => assign({ units: ['one-of-fifty'] })));
  expect(new Set(answers.map(([one]) => one?.variant)).size).toBe(1);
  const [exposure] = await eventually(async () => {
    const rows = await exposuresOf('one-of-fifty');
    return rows.length > 0 ? rows : undefined;
  });
  expect(exposure).toMatchObject({ variant: answers[0]?.[0]?.variant });
  // What came later in the queue is stored later: so all fifty have been dealt with.
  await assign({ units: ['after-the-fifty'] });
  await eventually(async () => ((await exposuresOf('after-the-fifty')).length > 0 ? true : undefined));
  expect(await exposuresOf('one-of-fifty')).toHaveLength(1);
});

test('testers get what is forced, units outside the conditions get control: neither is an exposure', async () => {
  const [tester] = await assign({ units: ['tester'] });
  expect(tester).toMatchObject({ variant: 'candidate', agentVersion: 2, runId });
  const outside = await assign({ units, attributes: { country: 'XX' } });
  expect(new Set(outside.map(({ variant }) => variant))).toEqual(new Set(['control']));
  const silent = await assign({ units: ['not-recorded'], record: false });
  expect(silent).toHaveLength(1);
  await assign({ units: ['after-the-testers'] });
  await eventually(async () => ((await exposuresOf('after-the-testers')).length > 0 ? true : undefined));
  expect(await exposuresOf('tester')).toEqual([]);
  expect(await exposuresOf('not-recorded')).toEqual([]);
});

test('every stored exposure follows from the seed and the ranges of its revision', async () => {
  const revisions = await stack.db.selectFrom('traffic_revision').selectAll().where('agent_id', '=', agentId).execute();
  const splits = new Map(revisions.map(({ revision, split }) => [revision, split]));
  const rows = await exposuresOf();
  expect(rows.length).toBeGreaterThanOrEqual(units.length);
  for (const { unit, variant, revision } of rows) {
    const split = splits.get(revision);
    if (!split) throw new Error(`no revision ${revision}`);
    const { position, assignedBy } = decideVariant({ ...split, conditions: [] }, unit, { leased: true });
    expect([unit, assignedBy, split.variants[position]?.name]).toEqual([unit, 'hash', variant]);
  }
});

test('when nobody renews the lease, as with every worker down, all units get control and nothing is recorded; then it goes on', async () => {
  const before = await assign({ units });
  await stack.stopWorkers();
  await sql`update traffic set lease_until = clock_timestamp() + interval '1 second'`.execute(stack.db);
  await sql`select pg_notify('sluice_traffic', ${agentId})`.execute(stack.db);
  const newcomers = units.map((unit) => `late-${unit}`);
  await eventually(async () => {
    const some = await assign({ units });
    return some.every(({ variant }) => variant === 'control') || undefined;
  });
  expect(new Set((await assign({ units: newcomers })).map(({ variant }) => variant))).toEqual(new Set(['control']));
  await stack.startWorker();
  await eventually(
    async () => (JSON.stringify(await assign({ units })) === JSON.stringify(before) ? true : undefined),
    30_000,
  );
  await assign({ units: ['after-the-lease'] });
  await eventually(async () => ((await exposuresOf('after-the-lease')).length > 0 ? true : undefined));
  expect((await exposuresOf()).filter(({ unit }) => unit.startsWith('late-'))).toEqual([]);
});

test('an unknown agent, a missing key and a request that is not understood are told apart', async () => {
  const unknown = await callDataPlane(stack, '/v1/assignments', { agent: 'suport-bot', units: ['a'] });
  expect(unknown).toMatchObject({
    status: 404,
    json: {
      error: {
        message: expect.stringContaining('did you mean "support-bot"?'),
        data: { sluice: { code: 'not_found' } },
      },
    },
  });
  const nobody = await callDataPlane(
    stack,
    '/v1/assignments',
    { agent: 'support-bot', units: ['a'] },
    { key: 'sl_nobody' },
  );
  expect(nobody).toMatchObject({ status: 401, json: { error: { data: { sluice: { code: 'unauthorized' } } } } });
  const viewer = await callDataPlane(
    stack,
    '/v1/assignments',
    { agent: 'support-bot', units: ['a'] },
    { key: stack.keys.viewer },
  );
  expect(viewer.status).toBe(403);
  const misspelt = await callDataPlane(stack, '/v1/assignments', { agent: 'support-bot', unit: ['a'] });
  expect(misspelt).toMatchObject({
    status: 400,
    json: { error: { message: expect.stringContaining('unit: unknown key; did you mean "units"?') } },
  });
  const broken = await fetch(`${stack.url}/v1/assignments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.keys.ingest}`, 'content-type': 'application/json' },
    body: '{"agent":',
  });
  expect(broken.status).toBe(400);
  expect(await broken.json()).toMatchObject({ error: { data: { sluice: { code: 'invalid_input' } } } });
});

test('a key that was revoked is refused a few seconds later', async () => {
  const { id, apiKey } = await stack.as('admin').keys.create.mutate({ service: 'shop', role: 'ingest' });
  const call = () => callDataPlane(stack, '/v1/assignments', { agent: 'support-bot', units: ['a'] }, { key: apiKey });
  expect((await call()).status).toBe(200);
  await stack.as('admin').keys.revoke.mutate({ id });
  await eventually(async () => ((await call()).status === 401 ? true : undefined), 15_000);
});
