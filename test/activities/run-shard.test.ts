import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunShardOutput, runShard } from '../../activities/run-shard.ts';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import { beginShard } from '../../store/shards/begin-shard.ts';
import { commitTrials } from '../../store/trials/commit-trials.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { eventually } from '../support/eventually.ts';
import { finishedTrial, frozenRun, tallyOf } from '../support/frozen-run.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestDatabase } from '../support/test-database.ts';

const database = await useTestDatabase();
const { db, pool } = database;
const stub = await startStubAgent();
const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
const dependencies = activityDependencies(database, {
  functions: {
    agents: {
      /** Awkward outputs at some of the numbers. */
      awkward: ({ input }) => {
        const { number } = input as { number: number };
        const outputs: Record<number, unknown> = {
          2: 'a\u0000b',
          3: '\udfff',
          4: nested(3_000),
          5: nested(12_000),
          6: 10n,
          7: { [`${'k'.repeat(2_000)}\u0000`]: 1e308 * 10 },
        };
        return { output: (outputs[number] ?? `plain ${number}`) as never };
      },
    },
  },
});
beforeEach(() => stub.reset());
afterAll(async () => {
  await dependencies.close();
  await stub.close();
});

const environment = new MockActivityEnvironment();
const run = (runId: string, lanes = 4, env = environment) =>
  env.run(() => runShard(dependencies, { runId, shard: 0, lanes })) as Promise<RunShardOutput>;
const http = (path: string, more: object = {}): AgentConfig => ({
  adapter: 'http',
  url: `${stub.url}${path}`,
  ...more,
});
const variants = (config: AgentConfig) => ({ control: config, candidate: config });
const tally = (runId: string) => tallyOf(db, runId);
const rowsOf = (runId: string) =>
  db.selectFrom('trial').selectAll().where('run_id', '=', runId).orderBy('ordinal').orderBy('variant').execute();

describe('a shard', () => {
  it('calls the agent once for every trial, and stores a row for each', async () => {
    const { runId } = await frozenRun(db, { examples: 15, repetitions: 2, variants: variants(http('/run')) });
    expect(await run(runId)).toEqual({ outcome: 'finished' });
    expect(stub.calls()).toBe(60);
    expect(stub.distinct()).toBe(60);
    expect(stub.mostAtOnce()).toBeLessThanOrEqual(4);
    expect(await tally(runId)).toMatchObject({ counts: { succeeded: 60, failed: 0 }, agentCalls: 60 });
    expect(await rowsOf(runId)).toHaveLength(60);
  });

  it('begun again runs only what has no row, and finished does nothing', async () => {
    const { runId } = await frozenRun(db, { examples: 5, variants: variants(http('/run')) });
    await commitTrials(pool, [finishedTrial(runId, 1), finishedTrial(runId, 4, { variant: 'candidate' })]);
    expect(await run(runId)).toEqual({ outcome: 'finished' });
    expect(stub.calls()).toBe(8);
    expect(await run(runId)).toEqual({ outcome: 'finished' });
    expect(stub.calls()).toBe(8);
    expect((await rowsOf(runId)).filter((row) => row.output === 'answer 1')).toHaveLength(1);
  });

  it('that is taken over stops: what it has in flight it stores, and calls nobody any more', async () => {
    const { runId } = await frozenRun(db, { examples: 50, variants: variants(http('/run?ms=30')) });
    const running = run(runId);
    await eventually(async () => ((await rowsOf(runId)).length >= 8 ? true : undefined));
    await beginShard(db, { runId, shard: 0, lanes: 4 });
    expect(await running).toEqual({ outcome: 'superseded' });
    const { agentCalls } = await tally(runId);
    expect(stub.calls()).toBe((await rowsOf(runId)).length);
    // The calls that were in flight at the take-over are counted a second time: never too low.
    expect(agentCalls).toBe(stub.calls() + 4);
  });

  it('that is taken over hears of it between commits too, while calls take long', async () => {
    const busy = await startStubAgent();
    const { runId } = await frozenRun(db, {
      examples: 20,
      variants: variants({ adapter: 'http', url: `${busy.url}/status?code=429&retryAfter=60` }),
    });
    const running = run(runId);
    await eventually(() => (busy.calls() > 0 ? true : undefined));
    await beginShard(db, { runId, shard: 0, lanes: 4 });
    expect(await running).toEqual({ outcome: 'superseded' });
    await busy.close();
  });

  it.each([
    ['pause', 'paused'],
    ['abort', 'aborted'],
  ] as const)('of a run that is told to %s starts no new call', async (intent, outcome) => {
    const { runId } = await frozenRun(db, { examples: 50, variants: variants(http('/run?ms=30')) });
    const running = run(runId);
    await eventually(async () => ((await rowsOf(runId)).length >= 4 ? true : undefined));
    await db.updateTable('run').set({ intent }).where('id', '=', runId).execute();
    expect(await running).toEqual({ outcome });
    expect(stub.calls()).toBeLessThan(100);
    expect((await tally(runId)).agentCalls).toBe(stub.calls());
    expect(await run(runId)).toEqual({ outcome });
    expect((await tally(runId)).agentCalls).toBe(stub.calls());
  });

  it('of a worker that shuts down lets its calls in flight end, so that none is made twice', async () => {
    const { runId } = await frozenRun(db, { examples: 20, variants: variants(http('/run?ms=30')) });
    const shuttingDown = new MockActivityEnvironment();
    const running = run(runId, 4, shuttingDown);
    await eventually(async () => ((await rowsOf(runId)).length >= 8 ? true : undefined));
    shuttingDown.cancel('WORKER_SHUTDOWN');
    await expect(running).rejects.toThrow('WORKER_SHUTDOWN');
    expect(stub.calls()).toBe((await rowsOf(runId)).length);
    expect(await run(runId)).toEqual({ outcome: 'finished' });
    expect(stub.repeated()).toBe(0);
    expect((await tally(runId)).agentCalls).toBe(40);
  });
});

describe('an agent that nobody can reach', () => {
  it('ends the run after twenty calls in a row, not after the whole plan', async () => {
    const gone = await startStubAgent();
    await gone.close();
    const { runId } = await frozenRun(db, {
      examples: 100,
      retries: 0,
      variants: variants({ adapter: 'http', url: gone.url }),
    });
    const ended = await run(runId);
    expect(ended.outcome).toBe('unreachable');
    expect(ended.message).toContain(new URL(gone.url).host);
    const rows = await rowsOf(runId);
    expect(rows.length).toBeGreaterThanOrEqual(20);
    // And what was in flight.
    expect(rows.length).toBeLessThan(20 + 4);
    expect(await tally(runId)).toMatchObject({ agentCalls: 0, counts: { missing: rows.length } });
  });

  it('ends it also when another variant answers', async () => {
    const gone = await startStubAgent();
    await gone.close();
    const { runId } = await frozenRun(db, {
      examples: 100,
      retries: 0,
      variants: { control: http('/run'), candidate: { adapter: 'http', url: gone.url } },
    });
    expect(await run(runId)).toMatchObject({
      outcome: 'unreachable',
      message: expect.stringMatching(/^candidate: .*connection refused/),
    });
    expect((await tally(runId)).counts.missing).toBeLessThan(20 + 4);
  });

  it('is noticed over shards that are too short to tell', async () => {
    const gone = await startStubAgent();
    await gone.close();
    const { runId } = await frozenRun(db, {
      examples: 30,
      retries: 0,
      shardSize: 6,
      variants: variants({ adapter: 'http', url: gone.url }),
    });
    const outcomes: string[] = [];
    for (const shard of [0, 1, 2, 3]) {
      const { outcome } = (await environment.run(() =>
        runShard(dependencies, { runId, shard, lanes: 1 }),
      )) as RunShardOutput;
      outcomes.push(outcome);
    }
    expect(outcomes).toEqual(['finished', 'finished', 'finished', 'unreachable']);
  });
});

it('an output that cannot be stored is one failed row; its neighbours are untouched', async () => {
  const { runId } = await frozenRun(db, {
    examples: 10,
    variants: {
      control: { adapter: 'function', function: 'awkward' },
      candidate: { adapter: 'function', function: 'echo' },
    },
  });
  expect(await run(runId)).toEqual({ outcome: 'finished' });
  const rows = await rowsOf(runId);
  expect(rows).toHaveLength(20);
  const control = rows.filter((row) => row.variant === 'control');
  const failed = control.filter((row) => row.status === 'failed');
  expect(failed.map((row) => [row.ordinal, row.error_class, row.caused_by])).toEqual(
    [2, 3, 4, 5, 6, 7].map((number) => [number, 'invalid_output', 'agent']),
  );
  expect(rows.filter((row) => row.variant === 'candidate' && row.status === 'succeeded')).toHaveLength(10);
  expect(await tally(runId)).toMatchObject({ counts: { succeeded: 14, failed: 6, missing: 0 }, agentCalls: 20 });
});

it('the limits of an agent hold over all lanes', async () => {
  const { runId } = await frozenRun(db, {
    examples: 10,
    variants: variants(http('/run?ms=10', { limits: { concurrency: 2 } })),
  });
  expect(await run(runId, 8)).toEqual({ outcome: 'finished' });
  expect(stub.mostAtOnce()).toBeLessThanOrEqual(2);
});
