import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { foldValues } from '../../schema/contracts/fold-values.ts';
import { binOf } from '../../schema/contracts/scale-value.ts';
import { newId } from '../../schema/ids.ts';
import { settleUnits } from '../../store/outcomes/settle-units.ts';
import { storeOutcomes } from '../../store/outcomes/store-outcomes.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { type TestDatabase, useTestDatabase } from '../support/test-database.ts';
import { endRollout, insertMovingRollout, planMetric, wrongCounts } from './moving-rollout.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await useTestDatabase();
});

const minute = 60_000;
/** A while ago, so that of some values the window is closed as they come, of others not. */
const start = Math.floor(Date.now() / 1_000) * 1_000 - 2 * minute;
const metrics = [
  planMetric({ name: 'resolved', silence: 0 }),
  planMetric({ name: 'refund', perUnit: 'any', direction: 'lower', attributionWindowMs: 2 * minute }),
  planMetric({ name: 'spent', perUnit: 'sum', kind: 'money', range: [0, 10], silence: 0 }),
  planMetric({ name: 'stars', perUnit: 'mean', kind: 'score', range: [1, 5] }),
];
const revisions = [
  { revision: 1, stage: 0, stratum: 0 },
  { revision: 2, stage: 0, stratum: 1 },
  { revision: 3, stage: 1, stratum: 2 },
];

type Step =
  | { kind: 'expose'; unit: number; revision: number; at: number }
  | { kind: 'outcome'; unit: number; metric: number; identifier: number; revision: number; value: number; at: number }
  | { kind: 'settle'; at: number };

const at = fc.integer({ min: 0, max: 16 }).map((quarter) => start + quarter * 15_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('expose' as const),
      unit: fc.integer({ min: 0, max: 2 }),
      revision: fc.integer({ min: 1, max: 3 }),
      at,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('outcome' as const),
      unit: fc.integer({ min: 0, max: 2 }),
      metric: fc.integer({ min: 0, max: 3 }),
      identifier: fc.constantFrom(0, 0, 0, 1),
      revision: fc.integer({ min: 0, max: 3 }),
      value: fc.integer({ min: 0, max: 5 }),
      at,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      at: fc.constantFrom(0, 1, 60).map((minutes) => start + (minutes + 3) * minute),
    }),
  },
);

/** A unit always gets the same variant: the hash says so. */
const variantOf = (unit: number) => (unit % 2 === 0 ? 'control' : 'candidate');

test.each([
  { rerandomize: 'never' as const, atOnce: 1 },
  { rerandomize: 'each_stage' as const, atOnce: 1 },
  { rerandomize: 'never' as const, atOnce: 6 },
])(
  'whatever order exposures, outcomes, revisions and looks come in ($rerandomize, $atOnce at once), counts equal a recount and values are those of the rules',
  async ({ rerandomize, atOnce }) => {
    const { db } = database;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const runId = newId('run');
        const agentId = newId('agt');
        await insertMovingRollout(db, { runId, agentId, metrics, rerandomize, revisions });
        const exposed = new Map<string, { draw: number; unit: number; stratum: number; at: number }>();
        const outcomes = new Map<
          string,
          { unit: number; metric: string; identifier: number; revision: number; value: number; at: number }
        >();
        const answers = new Map<Step, unknown>();
        const run = async (one: Step) => {
          if (one.kind === 'settle') return settleUnits(db, { runId, asOf: new Date(one.at) });
          if (one.kind === 'expose') {
            return insertExposures(db, {
              agentId,
              exposures: [
                { unit: `u${one.unit}`, variant: variantOf(one.unit), revision: one.revision, at: new Date(one.at) },
              ],
            });
          }
          const metric = metrics[one.metric]?.name as string;
          const answer = await storeOutcomes(db, {
            agentId,
            outcomes: [
              {
                index: 0,
                unit: `u${one.unit}`,
                metric,
                identifier: `${one.identifier}`,
                revision: one.revision,
                value: one.value,
                at: new Date(one.at),
              },
            ],
          });
          answers.set(one, answer);
        };
        for (let from = 0; from < steps.length; from += atOnce) {
          await Promise.all(steps.slice(from, from + atOnce).map(run));
        }
        await settleUnits(db, { runId, asOf: new Date(start + 60 * minute) });

        expect(await wrongCounts(db)).toEqual([]);
        for (const one of steps) {
          if (one.kind !== 'expose') continue;
          const { stage, stratum } = revisions[one.revision - 1] as (typeof revisions)[number];
          const draw = rerandomize === 'each_stage' ? stage : 0;
          const key = `${draw} ${one.unit}`;
          const before = exposed.get(key);
          const isEarlier = !before || one.at < before.at;
          if (isEarlier) exposed.set(key, { draw, unit: one.unit, stratum, at: one.at });
        }
        // Which of two at once was first is the database's to say: the rows tell it, the model takes their outcomes.
        for (const row of await db.selectFrom('outcome').selectAll().where('agent_id', '=', agentId).execute()) {
          outcomes.set(`${row.unit} ${row.metric} ${row.identifier}`, {
            unit: Number(row.unit.slice(1)),
            metric: row.metric,
            identifier: Number(row.identifier),
            revision: row.revision,
            value: row.value,
            at: row.at.getTime(),
          });
        }
        const wanted: unknown[] = [];
        for (const { draw, unit, at: exposedAt } of exposed.values()) {
          for (const metric of metrics) {
            const inside = [...outcomes.values()]
              .filter((one) => one.unit === unit && one.metric === metric.name)
              .filter((one) => one.at >= exposedAt && one.at <= exposedAt + metric.attributionWindowMs)
              .sort((a, b) => a.at - b.at || a.identifier - b.identifier)
              .map(({ value }) => value);
            if (inside.length === 0 && metric.silence === null) continue;
            const value = inside.length === 0 ? (metric.silence as number) : foldValues(inside, metric.perUnit);
            wanted.push({
              draw,
              unit: `u${unit}`,
              metric: metric.name,
              variant: variantOf(unit),
              value,
              bin: binOf(metric, value),
              silent: inside.length === 0,
              state: 'final',
            });
          }
        }
        const rows = await db
          .selectFrom('unit_metric')
          .select(['draw', 'unit', 'metric', 'variant', 'value', 'bin', 'silent', 'state'])
          .where('run_id', '=', runId)
          .execute();
        const sorted = (list: unknown[]) => list.map((one) => JSON.stringify(one)).sort();
        expect(sorted(rows)).toEqual(sorted(wanted));
        const strata = await db
          .selectFrom('exposure')
          .select(['draw', 'unit', 'stratum', 'at'])
          .where('run_id', '=', runId)
          .execute();
        expect(strata.map((row) => [row.draw, row.unit, row.at.getTime()]).sort()).toEqual(
          [...exposed.values()].map((one) => [one.draw, `u${one.unit}`, one.at]).sort(),
        );
        const stray = await db
          .selectFrom('unit_metric as m')
          .innerJoin('exposure as e', (join) =>
            join.onRef('e.run_id', '=', 'm.run_id').onRef('e.draw', '=', 'm.draw').onRef('e.unit', '=', 'm.unit'),
          )
          .select('m.unit')
          .whereRef('m.stratum', '<>', 'e.stratum')
          .where('m.run_id', '=', runId)
          .execute();
        expect(stray).toEqual([]);
        await endRollout(db, runId);
      }),
      { numRuns: 40, seed: 20261123 + atOnce },
    );
  },
);

test('an outcome that is revised to a time outside the window leaves its unit silent, and back inside it counts again', async () => {
  const { db } = database;
  const [runId, agentId] = [newId('run'), newId('agt')];
  await insertMovingRollout(db, { runId, agentId, metrics, revisions });
  const exposedAt = start - 10 * minute;
  await insertExposures(db, {
    agentId,
    exposures: [{ unit: 'u', variant: 'control', revision: 1, at: new Date(exposedAt) }],
  });
  const say = async (revision: number, at: number) => {
    const outcome = {
      index: 0,
      unit: 'u',
      metric: 'resolved',
      identifier: 'only',
      revision,
      value: 1,
      at: new Date(at),
    };
    await storeOutcomes(db, { agentId, outcomes: [outcome] });
    expect(await wrongCounts(db)).toEqual([]);
    const rows = await db
      .selectFrom('unit_metric')
      .select(['value', 'bin', 'silent', 'state'])
      .where('run_id', '=', runId)
      .execute();
    return rows;
  };
  expect(await say(0, exposedAt + 1)).toEqual([{ value: 1, bin: 100, silent: false, state: 'final' }]);
  expect(await say(1, exposedAt + 2 * minute)).toEqual([{ value: 0, bin: 0, silent: true, state: 'final' }]);
  expect(await say(2, exposedAt + minute)).toEqual([{ value: 1, bin: 100, silent: false, state: 'final' }]);
  expect(await say(3, exposedAt - 1)).toEqual([{ value: 0, bin: 0, silent: true, state: 'final' }]);
});
