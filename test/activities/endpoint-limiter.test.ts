import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { EndpointLimiter, type Limits } from '../../activities/limits/endpoint-limiter.ts';
import { agentOf, callOf } from '../agents/agent-call.ts';
import { eventually } from '../support/eventually.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();
const stub = await startStubAgent();
const agent = agentOf({ adapter: 'http', url: `${stub.url}/run?ms=10` });
beforeEach(() => stub.reset());
afterAll(async () => {
  await agent.close();
  await stub.close();
});

const signal = new AbortController().signal;
const limiterOf = (endpoint: string, worker: string, limits: Limits) =>
  new EndpointLimiter({ db, endpoint, worker, limits });

/** `calls` calls of the stub in `lanes` lanes, each with the limiter's leave. */
async function callThrough(limiter: EndpointLimiter, lanes: number, calls: number): Promise<void> {
  let left = calls;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (left > 0) {
        left -= 1;
        const release = await limiter.acquire(signal);
        await agent.call(callOf());
        release();
      }
    }),
  );
}

describe('the concurrency of an endpoint', () => {
  it('holds across workers, and both get to call', async () => {
    const workers = ['one', 'two'].map((worker) => limiterOf('shared', worker, { concurrency: 4 }));
    await Promise.all(workers.map((limiter) => callThrough(limiter, 8, 60)));
    expect(stub.calls()).toBe(120);
    expect(stub.mostAtOnce()).toBeLessThanOrEqual(4);
    expect(stub.mostAtOnce()).toBeGreaterThan(1);
    await Promise.all(workers.map((limiter) => limiter.close()));
  });

  it('is given back when a worker closes', async () => {
    const first = limiterOf('given', 'first', { concurrency: 2 });
    const held = [await first.acquire(signal), await first.acquire(signal)];
    for (const release of held) release();
    await first.close();
    const second = limiterOf('given', 'second', { concurrency: 2 });
    const [one, two] = await Promise.all([second.acquire(signal), second.acquire(signal)]);
    one();
    two();
    await second.close();
    expect(await db.selectFrom('endpoint_lease').selectAll().where('endpoint', '=', 'given').execute()).toEqual([]);
  });

  it('waits no longer once the shard must stop', async () => {
    const limiter = limiterOf('stopped', 'only', { concurrency: 1 });
    const release = await limiter.acquire(signal);
    const stopping = new AbortController();
    const waiting = limiter.acquire(stopping.signal);
    setImmediate(() => stopping.abort(new Error('paused')));
    await expect(waiting).rejects.toThrow('paused');
    release();
    (await limiter.acquire(signal))();
    await limiter.close();
  });

  it('of two workers is shared fairly, whoever came first', async () => {
    const first = limiterOf('fair', 'first', { concurrency: 4 });
    const second = limiterOf('fair', 'second', { concurrency: 4 });
    const held = await Promise.all([1, 2, 3, 4].map(() => first.acquire(signal)));
    const waiting = second.acquire(signal);
    const stopFirst = callThrough(first, 4, 40);
    for (const release of held) release();
    (await waiting)();
    await stopFirst;
    await Promise.all([first.close(), second.close()]);
  });
});

describe('the rate of an endpoint', () => {
  it('holds across workers', async () => {
    const perSecond = 40;
    const workers = ['one', 'two'].map((worker) => limiterOf('paced', worker, { perSecond }));
    await Promise.all(workers.map((limiter) => callThrough(limiter, 8, 30)));
    const times = stub.arrivals().map((call) => call.atMs);
    expect(times).toHaveLength(60);
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000;
    // 60 calls less the burst of a fifth of a second cannot have taken less than that.
    expect(seconds).toBeGreaterThanOrEqual((60 - perSecond / 5 - 1) / perSecond - 0.05);
  });

  it('lets no other worker call before a Retry-After is over either', async () => {
    const [first, second] = ['one', 'two'].map((worker) => limiterOf('http://blocked.test', worker, {}));
    (await second?.acquire(signal))?.();
    const until = Date.now() + 2_500;
    first?.block(until);
    await first?.close();
    const third = limiterOf('http://blocked.test', 'three', {});
    (await third.acquire(signal))();
    expect(Date.now()).toBeGreaterThanOrEqual(until - 50);
  });

  it('tells a worker that is calling already within about a second', async () => {
    const [first, second] = ['one', 'two'].map((worker) => limiterOf('http://told.test', worker, {})) as [
      EndpointLimiter,
      EndpointLimiter,
    ];
    (await second.acquire(signal))();
    const until = Date.now() + 3_000;
    first.block(until);
    await first.close();
    await eventually(async () => {
      const askedAt = Date.now();
      (await second.acquire(signal))();
      return Date.now() - askedAt > 1_000 || undefined;
    });
    expect(Date.now()).toBeGreaterThanOrEqual(until - 50);
  });

  it('lets nobody call before a Retry-After is over', async () => {
    const limiter = limiterOf('blocked', 'only', {});
    const until = Date.now() + 300;
    limiter.block(until);
    limiter.block(until - 200);
    await eventually(async () => {
      (await limiter.acquire(signal))();
      return true;
    });
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });
});
