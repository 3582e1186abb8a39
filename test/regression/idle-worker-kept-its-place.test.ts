import { expect, it } from 'vitest';
import { EndpointLimiter } from '../../activities/limits/endpoint-limiter.ts';
import { eventually } from '../support/eventually.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();

/** A worker that was done renewed its lease for ever: with `concurrency: 1` and two workers a run never ended. */
it('a worker that calls no more leaves the places of an endpoint to the others', async () => {
  const [idle, late] = ['idle', 'late'].map(
    (worker) => new EndpointLimiter({ db, endpoint: 'single', worker, limits: { concurrency: 1 } }),
  ) as [EndpointLimiter, EndpointLimiter];
  (await idle.acquire(AbortSignal.timeout(5_000)))();
  (await late.acquire(AbortSignal.timeout(5_000)))();
  await eventually(async () => {
    const leases = await db.selectFrom('endpoint_lease').selectAll().where('endpoint', '=', 'single').execute();
    return leases.length === 0 ? true : undefined;
  });
  const again = await idle.acquire(AbortSignal.timeout(5_000));
  expect(again).toBeTypeOf('function');
  again();
  await Promise.all([idle.close(), late.close()]);
});
