import { beforeEach, expect, it } from 'vitest';
import { addToOutbox, type OutboxMessage } from '../../store/outbox/add-to-outbox.ts';
import { takeFromOutbox } from '../../store/outbox/take-from-outbox.ts';
import { eventually } from '../support/eventually.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();
beforeEach(async () => {
  await db.deleteFrom('outbox').execute();
});

const start = (runId: string): OutboxMessage => ({ topic: 'start_experiment', payload: { runId } });
const runOf = (payload: OutboxMessage['payload']) => ('runId' in payload ? payload.runId : '');

it('each message is handled once, by whichever of several dispatchers takes it', async () => {
  for (let n = 0; n < 30; n += 1) await addToOutbox(db, start(`run_${n}`));
  const handled: string[] = [];
  const counts = await Promise.all(
    Array.from({ length: 5 }, () => takeFromOutbox(db, async ({ payload }) => void handled.push(runOf(payload)))),
  );
  expect(handled.toSorted()).toEqual(Array.from({ length: 30 }, (_, n) => `run_${n}`).sort());
  expect(counts.reduce((sum, count) => sum + count)).toBe(30);
});

it('a message is not seen before what caused it is committed, nor after that was rolled back', async () => {
  const handled: string[] = [];
  const take = () => takeFromOutbox(db, async ({ payload }) => void handled.push(runOf(payload)));
  await db
    .transaction()
    .execute(async (trx) => {
      await addToOutbox(trx, start('run_undone'));
      await take();
      throw new Error('undone');
    })
    .catch(() => {});
  await take();
  expect(handled).toEqual([]);
});

it('a message whose handler fails is kept, with the reason, and tried again later, behind the others', async () => {
  await addToOutbox(db, start('run_bad'));
  await addToOutbox(db, start('run_good'));
  const handled: string[] = [];
  const take = (fail: boolean) =>
    takeFromOutbox(db, async ({ payload }) => {
      if (fail && runOf(payload) === 'run_bad') throw new Error('Temporal is away');
      handled.push(runOf(payload));
    });
  expect(await take(true)).toBe(1);
  expect(handled).toEqual(['run_good']);
  const left = await db.selectFrom('outbox').selectAll().where('done_at', 'is', null).execute();
  expect(left).toMatchObject([{ tries: 1, last_error: 'Temporal is away' }]);
  await eventually(async () => ((await take(false)) > 0 ? true : undefined));
  expect(handled).toEqual(['run_good', 'run_bad']);
});
