import { expect, it } from 'vitest';
import { freezePlan } from '../../store/runs/freeze-plan.ts';
import { frozenRun } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();

const shardsOf = (runId: string) =>
  db.selectFrom('shard').select(['from_trial', 'to_trial']).where('run_id', '=', runId).orderBy('shard').execute();

it('every trial of the plan is in exactly one shard', async () => {
  const { runId } = await frozenRun(db, { examples: 7, repetitions: 3, shardSize: 25 });
  expect(await shardsOf(runId)).toEqual([
    { from_trial: 0, to_trial: 25 },
    { from_trial: 25, to_trial: 42 },
  ]);
});

it('a plan frozen by several attempts at once is frozen once', async () => {
  const { runId, plan } = await frozenRun(db, { freeze: false, examples: 30 });
  const planned = await Promise.all(Array.from({ length: 5 }, () => freezePlan(db, runId, plan, () => 25)));
  expect(planned).toEqual([60, 60, 60, 60, 60]);
  expect(await shardsOf(runId)).toHaveLength(3);
  const examples = await db.selectFrom('plan_example').select('ordinal').where('run_id', '=', runId).execute();
  expect(examples).toHaveLength(30);
});
