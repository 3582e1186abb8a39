import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilAtRest, untilFinal, untilRun } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice, startWorker, stopWorkers, temporal } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(200));
const stub = await startStubAgent();
beforeEach(() => stub.reset());
afterAll(() => stub.close());

const concurrency = 8;
const start = async (more: Partial<ExperimentSpec> = {}) => {
  const agent = { adapter: 'http', url: `${stub.url}/run?ms=10` } as const;
  const variants = { control: agent, candidate: agent };
  return (await sluice.runs.start.mutate({ spec: experimentSpec({ variants, concurrency, evaluators: [], ...more }) }))
    .id;
};
const underWay = (id: string) => untilRun(sluice, id, (run) => run.counts.succeeded >= 40);
const atRest = async (id: string) => {
  await untilAtRest(db, id);
  return sluice.runs.get.query({ id });
};

describe('a paused run', () => {
  it('starts no new trial until it is resumed, then finishes without calling anybody twice', async () => {
    const id = await start();
    await underWay(id);
    await sluice.runs.pause.mutate({ id });
    const paused = await atRest(id);
    expect(paused.status).toBe('paused');
    expect(paused.counts.succeeded).toBe(stub.calls());
    expect(paused.counts.succeeded).toBeLessThan(400);
    // Whatever might still start something now: a worker that comes and one that goes.
    await startWorker();
    await stopWorkers();
    await startWorker();
    expect(stub.calls()).toBe(paused.counts.succeeded);
    await sluice.runs.resume.mutate({ id });
    const done = await untilFinal(sluice, id);
    expect(done).toMatchObject({ status: 'completed', counts: { planned: 400, succeeded: 400 }, agentCalls: 400 });
    expect(stub.calls()).toBe(400);
    expect(stub.repeated()).toBe(0);
  });

  it('can be aborted', async () => {
    const id = await start();
    await underWay(id);
    await sluice.runs.pause.mutate({ id });
    await atRest(id);
    await sluice.runs.abort.mutate({ id });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'aborted', verdict: null });
    await expect(temporal.workflow.getHandle(`exp/${id}`).result()).resolves.toBeUndefined();
  });
});

describe('an aborted run', () => {
  it('leaves what was not called as notRun, keeps what was, and gives no verdict', async () => {
    const id = await start();
    await underWay(id);
    await sluice.runs.abort.mutate({ id });
    const run = await atRest(id);
    expect(run).toMatchObject({ status: 'aborted', verdict: null, action: null, decisionId: null });
    const { planned, succeeded, failed, missing, notRun } = run.counts;
    expect(succeeded).toBe(stub.calls());
    expect(notRun).toBeGreaterThan(0);
    expect(succeeded + failed + missing + notRun).toBe(planned);
    expect(run.agentCalls).toBe(stub.calls());
    await expect(temporal.workflow.getHandle(`exp/${id}`).result()).resolves.toBeUndefined();
  });

  it('waits for no Retry-After', async () => {
    // An endpoint of its own: nobody may call it for ten minutes now, whichever run asks.
    const busy = await startStubAgent();
    const agent = { adapter: 'http', url: `${busy.url}/status?code=429&retryAfter=600` } as const;
    const id = await start({ variants: { control: agent, candidate: agent } });
    await expect.poll(() => busy.calls(), { timeout: 10_000 }).toBeGreaterThan(0);
    await sluice.runs.abort.mutate({ id });
    await expect(temporal.workflow.getHandle(`exp/${id}`).result()).resolves.toBeUndefined();
    const run = await sluice.runs.get.query({ id });
    expect(run).toMatchObject({ status: 'aborted', counts: { planned: 400, succeeded: 0, notRun: 400 } });
    expect(run.agentCalls).toBe(busy.calls());
    await busy.close();
  });
});

it('a run whose only worker is shut down in the middle goes on with the next one, repeating no call', async () => {
  await stopWorkers();
  await startWorker();
  const id = await start();
  await underWay(id);
  await stopWorkers();
  const { counts } = await sluice.runs.get.query({ id });
  expect(counts.succeeded).toBe(stub.calls());
  expect(counts.succeeded).toBeLessThan(400);
  await startWorker();
  expect(await untilFinal(sluice, id)).toMatchObject({
    status: 'completed',
    counts: { succeeded: 400 },
    agentCalls: 400,
  });
  expect(stub.repeated()).toBe(0);
  expect(stub.mostAtOnce()).toBeLessThanOrEqual(concurrency);
});

it('two runs at once do not disturb each other', async () => {
  const [one, other] = await Promise.all([start({ name: 'one' }), start({ name: 'other' })]);
  for (const run of await Promise.all([untilFinal(sluice, one), untilFinal(sluice, other)])) {
    expect(run).toMatchObject({ status: 'completed', counts: { planned: 400, succeeded: 400 }, agentCalls: 400 });
  }
  expect(stub.distinct()).toBe(800);
});

it('concurrency is that of the whole run, however many shards and workers share it', async () => {
  await startWorker();
  const id = await start({ concurrency: 5 });
  await untilFinal(sluice, id);
  expect(stub.mostAtOnce()).toBeLessThanOrEqual(5);
  expect(stub.mostAtOnce()).toBeGreaterThan(2);
});
