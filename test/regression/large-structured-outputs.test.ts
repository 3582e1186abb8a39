import { Pool } from 'pg';
import { expect, it } from 'vitest';
import { TrialWriter } from '../../activities/lanes/trial-writer.ts';
import { mayPass } from '../../activities/lanes/until-stored.ts';
import { finishedTrial, frozenRun } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db, databaseUrl } = await useTestDatabase();

/**
 * Outputs that are no text were taken for 2 kB each: a group of large ones was longer than a string can be, and the
 * worker wrote nothing for ten minutes while it tried again.
 */
it('large outputs of any shape are committed in groups of bounded size', async () => {
  const { runId } = await frozenRun(db, { examples: 60 });
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  const sent: number[] = [];
  const query = pool.query.bind(pool) as (query: { values: string[] }) => Promise<unknown>;
  const writer = new TrialWriter(
    Object.assign(pool, {
      query: (statement: { values: string[] }) => {
        sent.push(statement.values[0]?.length ?? 0);
        return query(statement);
      },
    }),
  );
  const output = Array.from({ length: 300 }, () => 'x'.repeat(1_000));
  await Promise.all(
    Array.from({ length: 60 }, (_, ordinal) => writer.commit(finishedTrial(runId, ordinal, { output }))),
  );
  expect(Math.max(...sent)).toBeLessThan(5_000_000);
  expect(await db.selectFrom('trial').select('id').where('run_id', '=', runId).execute()).toHaveLength(60);
  await pool.end();
});

it('a row too long to be written is given up at once, not tried for minutes', () => {
  expect(mayPass(new RangeError('Invalid string length'))).toBe(false);
});
