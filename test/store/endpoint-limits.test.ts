import { describe, expect, it } from 'vitest';
import { leasePermits } from '../../store/limits/lease-permits.ts';
import { takeTokens } from '../../store/limits/take-tokens.ts';
import { openDatabase } from '../../store/open-database.ts';
import { eventually } from '../support/eventually.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db, databaseUrl } = await useTestDatabase();

describe('permits of an endpoint', () => {
  const lease = (endpoint: string, worker: string, wanted: number, inUse = 0, ttlMs = 5_000) =>
    leasePermits(db, { endpoint, worker, wanted, inUse, limit: 8, ttlMs });

  it('never add up to more than its limit, however many workers ask at once', async () => {
    const held = new Map<string, number>();
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        Array.from({ length: 6 }, async (_, n) => {
          held.set(`w${n}`, await lease('crowd', `w${n}`, 8, 0));
        }),
      );
      const rows = await db.selectFrom('endpoint_lease').select('permits').where('endpoint', '=', 'crowd').execute();
      expect(rows.reduce((sum, row) => sum + row.permits, 0)).toBeLessThanOrEqual(8);
    }
    expect([...held.values()].reduce((sum, permits) => sum + permits, 0)).toBeGreaterThan(0);
  });

  it('reach a worker that came second once the first renews', async () => {
    expect(await lease('late', 'first', 8)).toBe(8);
    expect(await lease('late', 'second', 8)).toBe(0);
    expect(await lease('late', 'first', 8)).toBe(4);
    expect(await lease('late', 'second', 8)).toBe(4);
  });

  it('are not taken from a worker that has calls in flight', async () => {
    await lease('busy', 'first', 8);
    await lease('busy', 'second', 8);
    expect(await lease('busy', 'first', 8, 7)).toBe(7);
    expect(await lease('busy', 'second', 8)).toBe(1);
  });

  it('of a worker that fell silent come back by themselves', async () => {
    expect(await lease('silent', 'gone', 8, 8, 1)).toBe(8);
    await eventually(async () => ((await lease('silent', 'alive', 8)) === 8 ? true : undefined));
  });

  it('are given back when a worker says it wants none', async () => {
    await lease('leaving', 'first', 8);
    expect(await lease('leaving', 'first', 0)).toBe(0);
    expect(await lease('leaving', 'second', 8)).toBe(8);
  });
});

describe('starts of an endpoint', () => {
  it('are never granted faster than perSecond, whoever asks', async () => {
    const other = openDatabase({ databaseUrl, connections: 4 });
    const perSecond = 50;
    const start = performance.now();
    let granted = 0;
    const ask = async (store: typeof db) => {
      while (performance.now() - start < 1_000) {
        const taken = await takeTokens(store, { endpoint: 'bucket', wanted: 10, perSecond });
        granted += taken.granted;
      }
    };
    await Promise.all([ask(db), ask(db), ask(other.db), ask(other.db)]);
    const seconds = (performance.now() - start) / 1000;
    await other.close();
    // The bucket holds a fifth of a second's worth at the start.
    expect(granted).toBeLessThanOrEqual(perSecond * seconds + perSecond / 5);
    expect(granted).toBeGreaterThanOrEqual(perSecond * 0.8);
  });

  it('say when the next one will be there', async () => {
    const take = () => takeTokens(db, { endpoint: 'slow', wanted: 1, perSecond: 0.5 });
    await eventually(async () => ((await take()).granted === 1 ? true : undefined));
    const { granted, waitMs } = await take();
    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(1_000);
    expect(waitMs).toBeLessThanOrEqual(2_000);
  });
});
