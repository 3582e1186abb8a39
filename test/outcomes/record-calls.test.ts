import { beforeAll, expect, test } from 'vitest';
import { newId } from '../../schema/ids.ts';
import { isSampled } from '../../store/outcomes/is-sampled.ts';
import { type FinishedCall, recordCalls } from '../../store/outcomes/record-calls.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { type TestDatabase, useTestDatabase } from '../support/test-database.ts';
import { insertMovingRollout, planMetric, wrongCounts } from './moving-rollout.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await useTestDatabase();
});

const t0 = Date.now() - 10_000;
const builtin = { source: 'builtin', direction: 'lower', attributionWindowMs: 0 } as const;
const metrics = [
  planMetric({ ...builtin, name: 'errorRate' }),
  planMetric({ ...builtin, name: 'latencyMs', kind: 'duration', range: [0, 1_000] }),
  planMetric({ ...builtin, name: 'costUsd', kind: 'money', range: [0, 1] }),
  planMetric({ ...builtin, name: 'tokens', kind: 'count', range: [0, 1_000] }),
];

const place = async (more: Partial<Parameters<typeof insertMovingRollout>[1]> = {}) => {
  const [runId, agentId] = [newId('run'), newId('agt')];
  const { projectId } = await insertMovingRollout(database.db, {
    runId,
    agentId,
    metrics,
    revisions: [
      { revision: 1, stage: 0, stratum: 0 },
      { revision: 2, stage: 1, stratum: 1 },
      { revision: 3, stage: 2, stratum: null },
    ],
    ...more,
  });
  const call = (one: Partial<FinishedCall>): FinishedCall => ({
    id: newId('run'),
    projectId,
    agentId,
    runId,
    variant: 'candidate',
    version: 2,
    revision: 1,
    unit: 'one',
    randomised: true,
    traceId: newId('run'),
    shadow: false,
    fellBack: false,
    status: 'succeeded',
    errorClass: null,
    latencyMs: 100,
    firstTokenMs: null,
    inputTokens: 10,
    outputTokens: null,
    costUsd: 0.5,
    steps: null,
    at: new Date(t0),
    ...one,
  });
  const expose = (unit: string, revision = 1) =>
    insertExposures(database.db, {
      agentId,
      exposures: [{ unit, variant: 'candidate', revision, at: new Date(t0) }],
    });
  const values = async (unit = 'one') => {
    const rows = await database.db
      .selectFrom('unit_metric')
      .select(['metric', 'value', 'state', 'draw'])
      .where('run_id', '=', runId)
      .where('unit', '=', unit)
      .orderBy('draw')
      .orderBy('metric')
      .execute();
    return rows.map(({ metric, value, state, draw }) => `${draw} ${metric} ${value} ${state}`);
  };
  return { runId, agentId, call, expose, values };
};

const first = ['0 costUsd 0.5 final', '0 errorRate 0 final', '0 latencyMs 100 final', '0 tokens 10 final'];

test("a unit's first call gives its built-in metrics, whether its exposure is stored before or after it, and however often it is recorded", async () => {
  for (const exposedFirst of [true, false]) {
    const { call, expose, values } = await place();
    if (exposedFirst) await expose('one');
    const one = call({});
    await recordCalls(database.db, [one, call({ at: new Date(t0 + 5), latencyMs: 900, status: 'failed' })]);
    await recordCalls(database.db, [one]);
    if (!exposedFirst) await expose('one');
    expect(await values()).toEqual(first);
  }
  expect(await wrongCounts(database.db)).toEqual([]);
});

test('first is what began first: a slow failing call that is recorded after a quick one takes its place', async () => {
  const { call, expose, values } = await place();
  await expose('one');
  await recordCalls(database.db, [call({ at: new Date(t0 + 5) })]);
  expect(await values()).toEqual(first);
  const slow = call({ at: new Date(t0 + 1), status: 'failed', costUsd: 0.25, latencyMs: 60_000 });
  await recordCalls(database.db, [slow]);
  expect(await values()).toEqual([
    '0 costUsd 0.25 final',
    '0 errorRate 1 final',
    '0 latencyMs 3600000 final',
    '0 tokens 10 final',
  ]);
  expect(await wrongCounts(database.db)).toEqual([]);
});

test('calls of testers, pinned sessions and shadow answers count for nobody; an answer in the place of the candidate is its error', async () => {
  const { call, expose, values } = await place();
  await expose('one');
  await expose('fallen');
  await recordCalls(database.db, [
    call({ randomised: false }),
    call({ shadow: true, variant: 'candidate' }),
    call({ runId: null }),
    call({ unit: null }),
    call({ unit: 'fallen', fellBack: true, status: 'failed' }),
  ]);
  expect(await values()).toEqual([]);
  expect(await values('fallen')).toEqual([
    '0 costUsd 0.5 final',
    '0 errorRate 1 final',
    '0 latencyMs 3600000 final',
    '0 tokens 10 final',
  ]);
});

test('where units are drawn anew in each stage the first call of each stage counts', async () => {
  const { call, expose, values } = await place({ rerandomize: 'each_stage' });
  await expose('one', 1);
  await expose('one', 2);
  await recordCalls(database.db, [call({}), call({ revision: 2, at: new Date(t0 + 100), latencyMs: 300 })]);
  expect((await values()).filter((text) => text.includes('latencyMs'))).toEqual([
    '0 latencyMs 100 final',
    '1 latencyMs 300 final',
  ]);
});

test('a shadow stage counts the first pair of each unit by the difference of the bins', async () => {
  const { runId, call } = await place();
  const shadow = (traceId: string, more: Partial<FinishedCall> = {}) =>
    call({ revision: 3, shadow: true, randomised: false, traceId, ...more });
  const control = (traceId: string, more: Partial<FinishedCall> = {}) =>
    call({ revision: 3, variant: 'control', version: 1, randomised: false, traceId, ...more });
  const [a, b, c] = ['trace-a', 'trace-b', 'trace-c'].map((name) => `${name}-${runId}`) as [string, string, string];
  await recordCalls(database.db, [control(a, { latencyMs: 300 }), shadow(a, { latencyMs: 100 })]);
  await recordCalls(database.db, [control(b), shadow(b, { latencyMs: 900 })]);
  await recordCalls(database.db, [control(c, { unit: 'two' }), shadow(c, { unit: 'two', status: 'failed' })]);
  const rows = await database.db
    .selectFrom('shadow_count')
    .select((eb) => ['stage', 'variant', 'metric', 'difference', eb.fn.sum<number>('count').as('count')])
    .where('run_id', '=', runId)
    .groupBy(['stage', 'variant', 'metric', 'difference'])
    .execute();
  const counted = rows.map((row) => [row.stage, row.variant, row.metric, row.difference, Number(row.count)]);
  expect(counted.sort()).toEqual(
    [
      [2, 'candidate', 'errorRate', 0, 1],
      [2, 'candidate', 'errorRate', -100, 1],
      [2, 'candidate', 'latencyMs', 20, 1],
      [2, 'candidate', 'latencyMs', -90, 1],
      [2, 'candidate', 'costUsd', 0, 2],
      [2, 'candidate', 'tokens', 0, 2],
    ].sort(),
  );
});

test('a shadow call is paired with the call it stood beside, whatever else its trace holds', async () => {
  const { runId, call } = await place();
  const other = await place();
  const traceId = `trace-of-many-${runId}`;
  const control = (id: string, latencyMs: number) =>
    call({ id: `${id}-${runId}`, revision: 3, variant: 'control', version: 1, randomised: false, traceId, latencyMs });
  const { id } = control('second', 100);
  const shadow = call({ id: `${id}-shadow`, revision: 3, shadow: true, randomised: false, traceId, latencyMs: 300 });
  await recordCalls(database.db, [
    control('first', 700),
    control('second', 100),
    control('third', 900),
    other.call({ revision: 3, variant: 'control', version: 1, randomised: false, traceId, latencyMs: 1_000 }),
    shadow,
  ]);
  const rows = await database.db
    .selectFrom('shadow_count')
    .select('difference')
    .where('run_id', '=', runId)
    .where('metric', '=', 'latencyMs')
    .execute();
  expect(rows).toEqual([{ difference: -20 }]);
});

test('answers of first calls are kept for judges: of the sampled units only, at the same rate whatever they got', async () => {
  const { runId, agentId, call } = await place({
    evaluators: [{ name: 'helpful', versionId: 'evl_1', version: 1, sample: 0.2 }],
  });
  const units = Array.from({ length: 2_000 }, (_, index) => `unit-${index}`);
  const variantOf = (index: number) => (index % 2 === 0 ? 'control' : 'candidate');
  await insertExposures(database.db, {
    agentId,
    exposures: units.map((unit, index) => ({ unit, variant: variantOf(index), revision: 1, at: new Date(t0) })),
  });
  await recordCalls(
    database.db,
    units.flatMap((unit, index) => [
      call({ unit, variant: variantOf(index), input: 'q', output: `first ${unit}` }),
      call({ unit, variant: variantOf(index), input: 'q', output: 'second', at: new Date(t0 + 1) }),
    ]),
  );
  const kept = await database.db.selectFrom('live_answer').selectAll().where('run_id', '=', runId).execute();
  const wanted = units.filter((unit) => isSampled({ runId, metric: 'helpful', unit, sample: 0.2 }));
  expect(kept.map(({ unit }) => unit).sort()).toEqual([...wanted].sort());
  expect(kept.every(({ output, unit }) => output === `first ${unit}`)).toBe(true);
  // 1,000 of each: 200 expected, standard deviation 12.6.
  for (const variant of ['control', 'candidate']) {
    expect(Math.abs(kept.filter((one) => one.variant === variant).length - 200)).toBeLessThan(60);
  }
});

test("a user who says what no row can hold keeps nobody else's answers from being written", async () => {
  const { runId, agentId, call } = await place({
    evaluators: [{ name: 'helpful', versionId: 'evl_1', version: 1, sample: 1 }],
  });
  const units = ['odd', 'plain'];
  await insertExposures(database.db, {
    agentId,
    exposures: units.map((unit) => ({ unit, variant: 'candidate', revision: 1, at: new Date(t0) })),
  });
  await recordCalls(database.db, [
    call({ unit: 'odd', input: ['a\u0000b', '\ud800', '\\u0000', '😀'], output: 'one' }),
    call({ unit: 'plain', input: 'q', output: 'two' }),
  ]);
  const rows = await database.db
    .selectFrom('live_answer')
    .select(['unit', 'input'])
    .where('run_id', '=', runId)
    .orderBy('unit')
    .execute();
  expect(rows).toEqual([
    { unit: 'odd', input: ['a\ufffdb', '\ufffd', '\\u0000', '😀'] },
    { unit: 'plain', input: 'q' },
  ]);
});
