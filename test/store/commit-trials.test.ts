import { describe, expect, it } from 'vitest';
import { beginShard } from '../../store/shards/begin-shard.ts';
import { commitTrials } from '../../store/trials/commit-trials.ts';
import { finishedTrial, frozenRun, newScore } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db, pool } = await useTestDatabase();

const tallyOf = (runId: string) =>
  db
    .selectFrom('shard')
    .select(['succeeded', 'failed', 'missing', 'cost_usd'])
    .where('run_id', '=', runId)
    .orderBy('shard')
    .execute();

describe('the first answer stored for a trial stands', () => {
  it('when a zombie attempt commits another one later', async () => {
    const { runId } = await frozenRun(db);
    await commitTrials(pool, [finishedTrial(runId, 3, { output: 'first' })]);
    await commitTrials(pool, [
      finishedTrial(runId, 3, { output: 'second', status: 'failed', errorClass: 'timeout', causedBy: 'agent' }),
    ]);
    const rows = await db.selectFrom('trial').select(['output', 'status']).where('run_id', '=', runId).execute();
    expect(rows).toEqual([{ output: 'first', status: 'succeeded' }]);
    expect(await tallyOf(runId)).toEqual([{ succeeded: 1, failed: 0, missing: 0, cost_usd: 0.25 }]);
  });

  it('with its own scores, not with those of the later one', async () => {
    const { runId, plan } = await frozenRun(db, { evaluators: [{ type: 'exact_match', name: 'exact' }] });
    const evaluatorVersionId = plan.evaluators[0]?.versionId ?? '';
    const scored = (score: number) =>
      finishedTrial(runId, 0, {
        scores: [newScore({ evaluatorVersionId, name: 'exact', score })],
      });
    await commitTrials(pool, [scored(1)]);
    await commitTrials(pool, [scored(0)]);
    const scores = await db.selectFrom('score').select('score').where('subject_id', 'like', `${runId}-%`).execute();
    expect(scores).toEqual([{ score: 1 }]);
  });

  it('whichever of twenty that come at once was first', async () => {
    const { runId } = await frozenRun(db);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => commitTrials(pool, [finishedTrial(runId, 1, { output: `answer ${n}` })])),
    );
    expect(await db.selectFrom('trial').select('id').where('run_id', '=', runId).execute()).toHaveLength(1);
    expect(await tallyOf(runId)).toEqual([{ succeeded: 1, failed: 0, missing: 0, cost_usd: 0.25 }]);
  });
});

describe('a group of trials', () => {
  it('repeated after a lost answer is counted once', async () => {
    const { runId } = await frozenRun(db);
    const group = [0, 1, 2].map((ordinal) => finishedTrial(runId, ordinal));
    await commitTrials(pool, group);
    await commitTrials(pool, [...group, finishedTrial(runId, 4)]);
    expect(await tallyOf(runId)).toEqual([{ succeeded: 4, failed: 0, missing: 0, cost_usd: 1 }]);
  });

  it('of several shards and runs is tallied where each trial belongs', async () => {
    const one = await frozenRun(db, { shardSize: 5 });
    const other = await frozenRun(db);
    await commitTrials(pool, [
      finishedTrial(one.runId, 0),
      finishedTrial(one.runId, 3, {
        shard: 1,
        status: 'failed',
        causedBy: 'agent',
        errorClass: 'timeout',
        costUsd: null,
      }),
      finishedTrial(other.runId, 0, {
        status: 'failed',
        causedBy: 'platform',
        errorClass: 'unreachable',
        costUsd: null,
      }),
    ]);
    expect(await tallyOf(one.runId)).toEqual([
      { succeeded: 1, failed: 0, missing: 0, cost_usd: 0.25 },
      { succeeded: 0, failed: 1, missing: 0, cost_usd: 0 },
      { succeeded: 0, failed: 0, missing: 0, cost_usd: 0 },
      { succeeded: 0, failed: 0, missing: 0, cost_usd: 0 },
    ]);
    expect(await tallyOf(other.runId)).toEqual([{ succeeded: 0, failed: 0, missing: 1, cost_usd: 0 }]);
  });

  it('tells each shard its fence and what the run was told to do', async () => {
    const { runId } = await frozenRun(db, { shardSize: 10 });
    await beginShard(db, { runId, shard: 1, lanes: 4 });
    await db.updateTable('run').set({ intent: 'pause' }).where('id', '=', runId).execute();
    const orders = await commitTrials(pool, [finishedTrial(runId, 0), finishedTrial(runId, 7, { shard: 1 })]);
    expect(orders.get(`${runId}/0`)).toEqual({ fence: 0, intent: 'pause' });
    expect(orders.get(`${runId}/1`)).toEqual({ fence: 1, intent: 'pause' });
  });
});
