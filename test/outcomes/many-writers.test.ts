import { beforeAll, expect, test } from 'vitest';
import { newId } from '../../schema/ids.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { settleUnits } from '../../store/outcomes/settle-units.ts';
import { storeOutcomes } from '../../store/outcomes/store-outcomes.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { type TestDatabase, useTestDatabase } from '../support/test-database.ts';
import { insertMovingRollout, planMetric, wrongCounts } from './moving-rollout.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await useTestDatabase();
});

test('ten writers of the same units, late exposures and looks at once: none fails, nothing is missed, counts equal a recount', async () => {
  const { db } = database;
  const [runId, agentId] = [newId('run'), newId('agt')];
  const metrics = [
    planMetric({ name: 'resolved', silence: 0 }),
    planMetric({ name: 'stars', kind: 'score', range: [0, 9] }),
  ];
  await insertMovingRollout(db, {
    runId,
    agentId,
    metrics,
    revisions: [0, 1, 2].map((stratum) => ({ revision: stratum + 1, stage: 0, stratum })),
  });
  const random = createGenerator('many-writers');
  const start = Date.now() - 30_000;
  const names = Array.from({ length: 200 }, (_, index) => `u${index}`);
  const some = (count: number) => Array.from({ length: count }, () => Math.floor(random.next() * names.length));
  const shots: (() => Promise<unknown>)[] = [];
  for (let shot = 0; shot < 120; shot += 1) {
    const units = [...new Set(some(60))];
    if (shot % 3 === 0) {
      const revision = 1 + Math.floor(random.next() * 3);
      const exposures = units.map((one) => ({
        unit: names[one] as string,
        variant: one % 2 === 0 ? 'control' : 'candidate',
        revision,
        // Revisions follow one another.
        at: new Date(start + revision * 1_000 + Math.floor(random.next() * 900)),
      }));
      shots.push(() => insertExposures(db, { agentId, exposures }));
    } else {
      const outcomes = units.flatMap((one, index) =>
        metrics.map(({ name }, which) => ({
          index: index * 2 + which,
          unit: names[one] as string,
          metric: name,
          identifier: 'only',
          revision: shot,
          value: (one + shot) % 2,
          at: new Date(start + 5_000),
        })),
      );
      shots.push(() => storeOutcomes(db, { agentId, outcomes }));
    }
    if (shot % 10 === 0) shots.push(() => settleUnits(db, { runId, asOf: new Date(Date.now() + 3_600_000) }));
  }
  const lane = async () => {
    for (let shot = shots.shift(); shot; shot = shots.shift()) await shot();
  };
  await Promise.all(Array.from({ length: 10 }, lane));
  await settleUnits(db, { runId, asOf: new Date(Date.now() + 3_600_000) });

  expect(await wrongCounts(db)).toEqual([]);
  const rows = await db
    .selectFrom('exposure as e')
    .innerJoin('outcome as o', (join) => join.onRef('o.unit', '=', 'e.unit').on('o.agent_id', '=', agentId))
    .leftJoin('unit_metric as m', (join) =>
      join.onRef('m.run_id', '=', 'e.run_id').onRef('m.unit', '=', 'e.unit').onRef('m.metric', '=', 'o.metric'),
    )
    .select(['e.unit', 'o.metric', 'o.value', 'm.value as counted', 'e.stratum', 'm.stratum as in', 'm.state'])
    .where('e.run_id', '=', runId)
    .execute();
  expect(rows.length).toBeGreaterThan(300);
  expect(rows.filter((row) => row.counted !== row.value || row.in !== row.stratum || row.state !== 'final')).toEqual(
    [],
  );
});
