import { describe, expect, it } from 'vitest';
import { beginShard } from '../../store/shards/begin-shard.ts';
import { endShard } from '../../store/shards/end-shard.ts';
import { listUnfinishedShards } from '../../store/shards/list-unfinished-shards.ts';
import { commitTrials } from '../../store/trials/commit-trials.ts';
import { finishedTrial, frozenRun, tallyOf } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db, pool } = await useTestDatabase();

const agentCallsOf = async (runId: string) => (await tallyOf(db, runId)).agentCalls;

describe('a shard that is taken over', () => {
  it('tells the earlier attempt to stop with its next commit', async () => {
    const { runId } = await frozenRun(db);
    const first = await beginShard(db, { runId, shard: 0, lanes: 4 });
    const second = await beginShard(db, { runId, shard: 0, lanes: 4 });
    expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.NaN);
    const orders = await commitTrials(pool, [finishedTrial(runId, 0)]);
    expect(orders.get(`${runId}/0`)?.fence).toBe(second?.fence);
  });

  it('goes on with the trials that have no row yet', async () => {
    const { runId } = await frozenRun(db);
    await beginShard(db, { runId, shard: 0, lanes: 4 });
    await commitTrials(pool, [finishedTrial(runId, 2), finishedTrial(runId, 2, { variant: 'candidate' })]);
    const again = await beginShard(db, { runId, shard: 0, lanes: 4 });
    expect([...(again?.done ?? [])].sort()).toEqual(['2/0/candidate', '2/0/control']);
    expect(again?.examples.map((example) => example.exampleId)).toEqual(Array.from({ length: 10 }, (_, n) => `e${n}`));
  });

  it('counts the calls that may have been in flight, at most one for each lane', async () => {
    const { runId } = await frozenRun(db);
    await beginShard(db, { runId, shard: 0, lanes: 4 });
    await commitTrials(pool, [finishedTrial(runId, 0)]);
    await beginShard(db, { runId, shard: 0, lanes: 4 });
    expect(await agentCallsOf(runId)).toBe(1 + 4);
  });

  it('counts no more of them than it has trials left', async () => {
    const { runId } = await frozenRun(db, { examples: 2 });
    await beginShard(db, { runId, shard: 0, lanes: 8 });
    await commitTrials(pool, [finishedTrial(runId, 0)]);
    await beginShard(db, { runId, shard: 0, lanes: 8 });
    expect(await agentCallsOf(runId)).toBe(1 + 3);
  });

  it('counts none after an attempt that ended in good order', async () => {
    const { runId } = await frozenRun(db);
    const first = await beginShard(db, { runId, shard: 0, lanes: 4 });
    await commitTrials(pool, [finishedTrial(runId, 0)]);
    await endShard(db, { runId, shard: 0, fence: first?.fence ?? 0, finished: false });
    await beginShard(db, { runId, shard: 0, lanes: 4 });
    expect(await agentCallsOf(runId)).toBe(1);
  });

  it('is not ended by an attempt that is behind', async () => {
    const { runId } = await frozenRun(db);
    const first = await beginShard(db, { runId, shard: 0, lanes: 4 });
    await beginShard(db, { runId, shard: 0, lanes: 4 });
    await endShard(db, { runId, shard: 0, fence: first?.fence ?? 0, finished: true });
    expect(await listUnfinishedShards(db, runId)).toEqual([0]);
  });
});

it('a finished shard is not run again', async () => {
  const { runId } = await frozenRun(db);
  const begun = await beginShard(db, { runId, shard: 0, lanes: 4 });
  await endShard(db, { runId, shard: 0, fence: begun?.fence ?? 0, finished: true });
  expect(await beginShard(db, { runId, shard: 0, lanes: 4 })).toBeNull();
});

it('attempts that begin at once all get fences of their own', async () => {
  const { runId } = await frozenRun(db);
  const begun = await Promise.all(Array.from({ length: 8 }, () => beginShard(db, { runId, shard: 0, lanes: 2 })));
  expect(new Set(begun.map((one) => one?.fence)).size).toBe(8);
});
