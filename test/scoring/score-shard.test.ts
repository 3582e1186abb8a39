import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { planScoring } from '../../activities/plan-scoring.ts';
import { type ScoreShardOutput, scoreShard } from '../../activities/score-shard.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import { beginScoreShard } from '../../store/scoring/begin-score-shard.ts';
import { countPlanScores } from '../../store/scoring/count-scores.ts';
import { commitTrials, type FinishedTrial } from '../../store/trials/commit-trials.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { eventually } from '../support/eventually.ts';
import { finishedTrial, frozenRun } from '../support/frozen-run.ts';
import { startStubJudge } from '../support/stub-judge.ts';
import { useTestDatabase } from '../support/test-database.ts';

const database = await useTestDatabase();
const { db, pool } = database;
const dependencies = activityDependencies(database);
const judge = await startStubJudge(() => 1);
afterAll(async () => {
  await dependencies.close();
  await judge.close();
});

const environment = new MockActivityEnvironment();
const http = { type: 'http', name: 'judged', url: `${judge.url}/judge` } satisfies EvaluatorConfig;
const score = (scoringId: string, lanes = 4, env = environment) =>
  env.run(() => scoreShard(dependencies, { scoringId, shard: 0, lanes })) as Promise<ScoreShardOutput>;

/** A run whose trials are made, and whose answers wait for its judge; one shard. */
async function answered(
  options: { examples?: number; evaluator?: EvaluatorConfig; failed?: (trial: FinishedTrial) => FinishedTrial } = {},
) {
  const examples = options.examples ?? 10;
  const { runId, plan } = await frozenRun(db, { examples, evaluators: [options.evaluator ?? http] });
  const trials = Array.from({ length: examples }, (_, ordinal) =>
    ['control', 'candidate'].map((variant) =>
      finishedTrial(runId, ordinal, { variant, output: `${variant} says ${ordinal}`, costUsd: null }),
    ),
  ).flat();
  await commitTrials(pool, trials.map(options.failed ?? ((trial) => trial)));
  const planned = await planScoring(dependencies, { runId });
  expect(planned.shards).toEqual([0]);
  return { runId, plan, scoringId: planned.scoringId };
}
const rowsOf = (runId: string) =>
  db
    .selectFrom('score as s')
    .innerJoin('trial as t', 't.id', 's.subject_id')
    .select(['t.variant', 't.ordinal', 's.score', 's.label', 's.error'])
    .where('t.run_id', '=', runId)
    .orderBy('t.ordinal')
    .orderBy('t.variant')
    .execute();

describe('a score shard', () => {
  it('asks once about every answer, in as many lanes as it was given; finished it does nothing', async () => {
    const { runId, scoringId } = await answered();
    const calls = judge.calls();
    expect(await score(scoringId)).toEqual({ outcome: 'finished' });
    expect(judge.calls() - calls).toBe(20);
    expect(judge.mostAtOnce()).toBeLessThanOrEqual(4);
    expect(await score(scoringId)).toEqual({ outcome: 'finished' });
    expect((await planScoring(dependencies, { runId })).shards).toEqual([]);
    expect(judge.calls() - calls).toBe(20);
    expect(await rowsOf(runId)).toHaveLength(20);
  });

  it('does not ask about failed trials: they score 0 by rule', async () => {
    const broken = { status: 'failed', errorClass: 'timeout', causedBy: 'agent', output: undefined } as const;
    const { runId, scoringId } = await answered({
      failed: (trial) => (trial.ordinal === 3 ? { ...trial, ...broken } : trial),
    });
    await score(scoringId);
    expect((await rowsOf(runId)).map(({ ordinal }) => ordinal)).not.toContain(3);
    expect(await countPlanScores(db, runId)).toMatchObject({ toScore: 18, scored: 18 });
  });

  it('that is taken over stops, and every answer has one score all the same', async () => {
    judge.become(() => 1, 30);
    const { runId, scoringId } = await answered({ examples: 12 });
    const calls = judge.calls();
    const running = score(scoringId);
    await eventually(async () => (await rowsOf(runId)).length >= 4 || undefined);
    await beginScoreShard(db, { scoringId, shard: 0, lanes: 4 });
    expect(await running).toEqual({ outcome: 'superseded' });
    judge.become(() => 1);
    expect(await score(scoringId)).toEqual({ outcome: 'finished' });
    expect(await rowsOf(runId)).toHaveLength(24);
    // What the first attempt had in flight it stored.
    expect(judge.calls() - calls).toBe(24);
    expect(await countPlanScores(db, runId)).toMatchObject({ toScore: 24, scored: 24, errors: 0 });
  });

  it('of a worker that must go cuts judges off that hang, and stores no error for them', {
    timeout: 30_000,
  }, async () => {
    judge.become(() => 1, 60_000);
    const { runId, scoringId } = await answered();
    const leaving = new MockActivityEnvironment();
    const calls = judge.calls();
    const running = score(scoringId, 4, leaving);
    await eventually(() => judge.calls() - calls === 4 || undefined);
    leaving.cancel('WORKER_SHUTDOWN');
    await expect(running).rejects.toThrow();
    expect(await rowsOf(runId)).toEqual([]);
    judge.become(() => 1);
    expect(await score(scoringId)).toEqual({ outcome: 'finished' });
    expect((await rowsOf(runId)).every(({ error }) => error === null)).toBe(true);
  });
});

describe('a pairwise judge', () => {
  const pairwise = {
    type: 'pairwise',
    name: 'preferred',
    baseUrl: `${judge.url}/v1`,
    model: 'small',
    prompt: 'Which is better, for {{input}}?',
  } satisfies EvaluatorConfig;

  it('is not asked where control failed: by the agent’s doing the candidate wins, by the platform’s nobody knows', async () => {
    judge.become(() => 'tie');
    const { runId, scoringId } = await answered({
      evaluator: pairwise,
      failed: (trial) =>
        trial.variant === 'control' && trial.ordinal < 2
          ? {
              ...trial,
              status: 'failed',
              errorClass: 'timeout',
              causedBy: trial.ordinal === 0 ? 'agent' : 'platform',
              output: undefined,
            }
          : trial,
    });
    await score(scoringId);
    const rows = await rowsOf(runId);
    expect(rows.slice(0, 4)).toMatchObject([
      { variant: 'candidate', ordinal: 0, score: 1, label: 'control_failed', error: null },
      { variant: 'candidate', ordinal: 1, score: null, error: expect.stringContaining('control has no answer') },
      { variant: 'candidate', ordinal: 2, score: 0.5, label: 'tie' },
      { variant: 'control', ordinal: 2, score: 0.5, label: 'control' },
    ]);
  });
});
