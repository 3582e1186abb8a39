import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runTrial, type TrialMeans } from '../../activities/lanes/run-trial.ts';
import { EndpointLimiter } from '../../activities/limits/endpoint-limiter.ts';
import type { ProjectMedia } from '../../activities/media/media-library.ts';
import { createEvaluator } from '../../evaluators/create-evaluator.ts';
import type { Agent } from '../../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { agentOf } from '../agents/agent-call.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestDatabase } from '../support/test-database.ts';
import testFunctions from '../support/test-functions.ts';

const { db } = await useTestDatabase();
const stub = await startStubAgent();
const opened: Agent[] = [];
beforeEach(async () => {
  stub.reset();
  // What one test was told to wait is none of the next one's business.
  await db.updateTable('endpoint_limit').set({ blocked_until: null }).execute();
});
afterAll(async () => {
  await Promise.all(opened.map((agent) => agent.close()));
  await stub.close();
});

let retriedCalls = 0;
/** A lane's means: the stub agent at `path`, or another agent. */
function meansOf(path: string | Agent, more: Partial<TrialMeans> & { judges?: EvaluatorConfig[] } = {}): TrialMeans {
  const agent = typeof path === 'string' ? agentOf({ adapter: 'http', url: `${stub.url}${path}` }) : path;
  opened.push(agent);
  retriedCalls = 0;
  return {
    agent,
    limiter: new EndpointLimiter({ db, endpoint: agent.endpoint, worker: 'test', limits: {} }),
    evaluators: (more.judges ?? []).map((config) => ({
      versionId: `version of ${config.name}`,
      evaluator: createEvaluator(config, { functions: testFunctions }),
    })),
    retries: 2,
    signal: new AbortController().signal,
    countRetriedCall: async () => {
      retriedCalls += 1;
    },
    ...more,
  };
}

const trial = (means: TrialMeans, input: Json = 'question', ordinal = 0) =>
  runTrial(
    {
      runId: 'run_test',
      shard: 0,
      variant: 'control',
      repetition: 0,
      example: { ordinal, exampleId: `e${ordinal}`, input, expected: 'question', metadata: {} },
    },
    means,
  );

describe('a call that fails in a way that may pass', () => {
  it('is made again, with the same Idempotency-Key, and the trial succeeds', async () => {
    const row = await trial(meansOf('/flaky?failures=2&code=503'));
    expect(row).toMatchObject({ status: 'succeeded', output: 'question', attempts: 3, errorClass: null });
    expect(stub.distinct()).toBe(1);
    expect(stub.calls()).toBe(3);
    expect(retriedCalls).toBe(2);
  });

  it.each([0, 1, 3])('is made %d times again, then the failure is the agent’s', async (retries) => {
    const row = await trial(meansOf('/status?code=500', { retries }));
    expect(row).toMatchObject({
      status: 'failed',
      errorClass: 'server_error',
      causedBy: 'agent',
      attempts: retries + 1,
      output: undefined,
      scores: [],
    });
    expect(row.errorMessage).toContain('500');
    expect(stub.calls()).toBe(retries + 1);
    expect(retriedCalls).toBe(retries);
  });

  it('is not made again when it cannot pass', async () => {
    const row = await trial(meansOf('/status?code=404'));
    expect(row).toMatchObject({ status: 'failed', errorClass: 'client_error', attempts: 1 });
    expect(stub.calls()).toBe(1);
  });

  it('that reached nobody counts no call of the agent', async () => {
    const gone = await startStubAgent();
    await gone.close();
    const row = await trial(meansOf(agentOf({ adapter: 'http', url: gone.url }), { retries: 1 }));
    expect(row).toMatchObject({ status: 'failed', errorClass: 'unreachable', causedBy: 'platform', attempts: 0 });
    expect(retriedCalls).toBe(0);
  });

  it('is waited for no longer once the shard must stop', async () => {
    const stopping = new AbortController();
    const running = trial(meansOf('/status?code=429&retryAfter=60', { signal: stopping.signal }));
    setImmediate(() => stopping.abort(new Error('paused')));
    await expect(running).rejects.toThrow('paused');
  });
});

it('lanes that wait for a limit hold no media yet', async () => {
  let [held, most] = [0, 0];
  const media: ProjectMedia = {
    resolve: async (value) => {
      held += 1;
      most = Math.max(most, held);
      return value;
    },
    store: async (output) => {
      held -= 1;
      return output;
    },
  };
  const agent = agentOf({ adapter: 'http', url: `${stub.url}/run?ms=20` });
  const limiter = new EndpointLimiter({ db, endpoint: agent.endpoint, worker: 'media', limits: { concurrency: 2 } });
  const means = meansOf(agent, { media, limiter });
  const rows = await Promise.all(Array.from({ length: 12 }, (_, ordinal) => trial(means, `q${ordinal}`, ordinal)));
  expect(rows.every(({ status }) => status === 'succeeded')).toBe(true);
  // Two that are called, and two that gave their place back and whose answers are being stored.
  expect(most).toBeLessThanOrEqual(4);
  await limiter.close();
});

describe('an agent that answers 429', () => {
  it('is asked again after its Retry-After, not earlier', async () => {
    const row = await trial(meansOf('/flaky?failures=2&code=429&retryAfter=1'));
    expect(row).toMatchObject({ status: 'succeeded', attempts: 3 });
    const [first, second, third] = stub.arrivals().map((call) => call.atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('is left alone by all lanes of the worker meanwhile', async () => {
    const means = meansOf('/flaky?failures=1&code=429&retryAfter=1');
    const first = trial(means, 'question', 0);
    const lanes = first.then(() => Promise.all([1, 2, 3].map((ordinal) => trial(means, 'question', ordinal))));
    expect(await first).toMatchObject({ status: 'succeeded', attempts: 2 });
    for (const row of await lanes) expect(row).toMatchObject({ status: 'succeeded', attempts: 2 });
    const times = stub.arrivals().map((call) => call.atMs);
    // One refused call, its wait; then three refused calls at about one time, and nothing before their wait is over.
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(gaps[0]).toBeGreaterThanOrEqual(1_000);
    const refusedTogether = times[4] ?? 0;
    expect((times[5] ?? 0) - refusedTogether).toBeGreaterThanOrEqual(1_000);
    expect(times).toHaveLength(8);
  });
});

describe('a judge', () => {
  const exact: EvaluatorConfig = { type: 'exact_match', name: 'exact' };
  it('that throws leaves a missing score with the reason, and the others stand', async () => {
    const judges: EvaluatorConfig[] = [{ type: 'function', name: 'broken', function: 'throws' }, exact];
    const { status, scores } = await trial(meansOf('/run', { judges }));
    expect(status).toBe('succeeded');
    expect(scores).toMatchObject([
      { name: 'broken', score: null, error: 'the judge fell off the bench' },
      { name: 'exact', score: 1, error: null },
    ]);
  });

  it('that says NaN, or is not there, leaves a missing score too', async () => {
    const judges: EvaluatorConfig[] = [
      { type: 'function', name: 'nan', function: 'not_a_number' },
      { type: 'function', name: 'absent', function: 'nowhere' },
    ];
    const { scores } = await trial(meansOf('/run', { judges }));
    expect(scores.map((one) => one.score)).toEqual([null, null]);
    expect(scores[0]?.error).toContain('NaN');
    expect(scores[1]?.error).toContain('function nowhere is not registered');
  });

  it('is not asked about a call that failed', async () => {
    expect((await trial(meansOf('/garbage', { judges: [exact] }))).scores).toEqual([]);
  });
});

it('the same question in every attempt has one trial id, every other trial another', async () => {
  const means = meansOf('/run');
  const ids = new Set([(await trial(means)).id, (await trial(means)).id, (await trial(means, 'q', 1)).id]);
  expect(ids.size).toBe(2);
});
