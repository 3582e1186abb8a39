import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { sampleTrials } from '../../store/annotations/sample-trials.ts';
import { frozenRun } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();

it('a sheet of large outputs holds as many as fit an answer, and tells how many are left', async () => {
  const { runId } = await frozenRun(db, { examples: 6 });
  // Hex digits of hashes: about 2.5 MB each as they are stored.
  await sql`
    insert into trial (id, run_id, variant, example_id, repetition, ordinal, status, attempts, trace_id, output)
    select ${runId} || '-' || n, ${runId}, 'control', 'e' || n, 0, n, 'succeeded', 1, 't',
      to_jsonb((select string_agg(md5(n || '/' || part), '') from generate_series(1, 120000) part))
    from generate_series(0, 5) n`.execute(db);
  const ask = (sample: number | null) =>
    sampleTrials(db, { runId, sample, seed: '0', evaluatorVersionIds: null, name: null, personId: 'psn_none' });
  const all = await ask(null);
  expect(all.subjects.length).toBeGreaterThanOrEqual(1);
  expect(all.subjects.length).toBeLessThan(6);
  expect(all.more).toBe(6 - all.subjects.length);
  const two = await ask(2);
  expect(two).toEqual({ subjects: all.subjects.slice(0, 2), more: 0 });
});
