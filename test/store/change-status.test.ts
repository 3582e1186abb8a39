import { describe, expect, it } from 'vitest';
import { type RunStatus, runStatuses } from '../../schema/contracts/words.ts';
import { changeStatus } from '../../store/runs/change-status.ts';
import { frozenRun } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();

const runIn = async (status: RunStatus) => {
  const { runId } = await frozenRun(db, { examples: 1 });
  await db.updateTable('run').set({ status }).where('id', '=', runId).execute();
  return runId;
};
const read = (runId: string) =>
  db.selectFrom('run').select(['status', 'seq', 'intent']).where('id', '=', runId).executeTakeFirstOrThrow();

describe('a run that is', () => {
  it.each(['completed', 'failed', 'aborted'] as const)('%s stays so, whatever comes', async (final) => {
    const runId = await runIn(final);
    for (const status of runStatuses) expect(await changeStatus(db, runId, status)).toBe(false);
    expect(await read(runId)).toEqual({ status: final, seq: 0, intent: 'run' });
  });

  it('queued cannot be completed before it ran', async () => {
    const runId = await runIn('queued');
    expect(await changeStatus(db, runId, 'completed')).toBe(false);
  });
});

it('of a completion and an abort at once, one wins and the other hears so', async () => {
  for (let round = 0; round < 10; round += 1) {
    const runId = await runIn('running');
    const [completed, aborted] = await Promise.all([
      changeStatus(db, runId, 'completed'),
      changeStatus(db, runId, 'aborted'),
    ]);
    expect([completed, aborted].filter(Boolean)).toHaveLength(1);
    expect(await read(runId)).toMatchObject({ status: completed ? 'completed' : 'aborted', seq: 1 });
  }
});

it('a verdict that comes after a pause was asked for does not complete the run', async () => {
  const runId = await runIn('running');
  await db.updateTable('run').set({ intent: 'pause' }).where('id', '=', runId).execute();
  expect(await changeStatus(db, runId, 'completed', { onlyIntent: 'run' })).toBe(false);
});
