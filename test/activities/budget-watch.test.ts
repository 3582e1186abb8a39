import type { KyselyPlugin } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import { BudgetWatch } from '../../activities/limits/budget-watch.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { raiseCap } from '../../store/runs/raise-cap.ts';
import { frozenRun } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();
let queries = 0;
const counting: KyselyPlugin = {
  transformQuery: ({ node }) => {
    queries += 1;
    return node;
  },
  transformResult: async ({ result }) => result,
};
/** The cap, and the sums. */
const queriesPerRead = 2;
const watched = (everyMs?: number) => new BudgetWatch(db.withPlugin(counting), everyMs ? { everyMs } : {});
const never = 3_600_000;

let runId: string;
let plan: Plan;
beforeEach(async () => {
  const run = await frozenRun(db);
  ({ runId } = run);
  plan = { ...run.plan, budget: { maxCostUsd: 1 } };
  queries = 0;
});
const spend = (usd: number) =>
  db
    .updateTable('shard')
    .set((eb) => ({ cost_usd: eb('cost_usd', '+', usd) }))
    .where('run_id', '=', runId)
    .where('shard', '=', 0)
    .execute();

it('a run of many rows has its sums read ten times a second, not once per row', async () => {
  const budgets = watched();
  const began = performance.now();
  const lane = async () => {
    for (let row = 0; row < 2_000; row += 1) {
      expect(await budgets.isSpent(runId, plan)).toBe(false);
      budgets.note(runId, 0.00001);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  const reads = queries / queriesPerRead;
  expect(reads).toBeLessThanOrEqual(1 + (performance.now() - began) / 100);
});

it('a run without a budget costs no query', async () => {
  expect(await watched().isSpent(runId, { ...plan, budget: null })).toBe(false);
  expect(queries).toBe(0);
});

it('what this worker commits counts at once: the row that reaches the cap is the last', async () => {
  const budgets = watched(never);
  for (let row = 0; row < 2; row += 1) {
    expect(await budgets.isSpent(runId, plan)).toBe(false);
    await spend(0.4);
    budgets.note(runId, 0.4);
  }
  expect(queries).toBe(queriesPerRead);
  await spend(0.4);
  budgets.note(runId, 0.4);
  expect(await budgets.isSpent(runId, plan)).toBe(true);
});

it('what other workers committed is seen when the sums are read next', async () => {
  const budgets = watched(20);
  expect(await budgets.isSpent(runId, plan)).toBe(false);
  await spend(1);
  await expect.poll(() => budgets.isSpent(runId, plan)).toBe(true);
});

it('a row that was counted here and not stored ends no run', async () => {
  const budgets = watched(never);
  await budgets.isSpent(runId, plan);
  budgets.note(runId, 5);
  expect(await budgets.isSpent(runId, plan)).toBe(false);
  await spend(0.9);
  budgets.note(runId, 0.9);
  expect(await budgets.isSpent(runId, plan)).toBe(false);
});

it('a cap that was raised is heeded by the next question', async () => {
  const budgets = watched(never);
  await spend(1);
  expect(await budgets.isSpent(runId, plan)).toBe(true);
  await db.transaction().execute((trx) => raiseCap(trx, { runId, capUsd: 2, actor: 'person:ada' }));
  expect(await budgets.isSpent(runId, plan)).toBe(false);
});
