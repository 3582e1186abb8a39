import { expect, it } from 'vitest';
import { TrialWriter } from '../../activities/lanes/trial-writer.ts';
import { openDatabase } from '../../store/open-database.ts';
import { startCuttableProxy } from '../support/cuttable-proxy.ts';
import { finishedTrial, frozenRun } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db, pool, databaseUrl } = await useTestDatabase();

it('a row that Postgres refuses is stored as a failure, its neighbours as they are', async () => {
  const { runId } = await frozenRun(db);
  const writer = new TrialWriter(pool);
  const refused = finishedTrial(runId, 3, { output: 'a\u0000b' });
  await Promise.all(
    [0, 1, 2].map((ordinal) => writer.commit(finishedTrial(runId, ordinal))).concat(writer.commit(refused)),
  );
  const rows = await db
    .selectFrom('trial')
    .select(['ordinal', 'status', 'error_class', 'output'])
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  expect(rows.map((row) => row.status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'failed']);
  expect(rows[3]).toMatchObject({ error_class: 'invalid_output', output: null });
});

it('a row that can never be stored fails its own commit only', async () => {
  const { runId } = await frozenRun(db);
  const writer = new TrialWriter(pool);
  const impossible = finishedTrial(runId, 3, { status: 'lost' as never, output: undefined });
  const [good, bad] = await Promise.allSettled([writer.commit(finishedTrial(runId, 1)), writer.commit(impossible)]);
  expect(good.status).toBe('fulfilled');
  expect(bad.status).toBe('rejected');
  await writer.commit(finishedTrial(runId, 2));
});

it('rows wait while Postgres is away and are all there, once, when it is back', async () => {
  const { runId } = await frozenRun(db, { examples: 100 });
  const url = new URL(databaseUrl);
  const proxy = await startCuttableProxy({ host: url.hostname, port: Number(url.port) });
  url.port = `${proxy.port}`;
  const away = openDatabase({ databaseUrl: url.href, connections: 4 });
  const writer = new TrialWriter(away.pool);
  await writer.commit(finishedTrial(runId, 0));
  const commits = Array.from({ length: 99 }, (_, n) => writer.commit(finishedTrial(runId, n + 1)));
  await proxy.cut();
  await proxy.mend();
  await Promise.all(commits);
  const { succeeded } = await db
    .selectFrom('shard')
    .select('succeeded')
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  expect(succeeded).toBe(100);
  await away.close();
  await proxy.close();
});
