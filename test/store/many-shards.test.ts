import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { supersedeFailures } from '../../store/runs/supersede-failures.ts';
import { ensurePlanScoring } from '../../store/scoring/ensure-plan-scoring.ts';
import { freezeScoreShards } from '../../store/scoring/freeze-score-shards.ts';
import { readScoring } from '../../store/scoring/read-scoring.ts';
import { frozenRun, tallyOf } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();
const examples = 40_000;
const shardExamples = 10;
/** Ranges that are searched for take half a minute and more at this size, and a statement may take one minute. */
const enoughMs = 10_000;

/** A run of 40,000 examples in 4,000 shards, whose candidate failed everywhere and whose control answered. */
async function largeRun() {
  const judge = {
    type: 'llm_judge',
    name: 'helpful',
    baseUrl: 'http://127.0.0.1:1/v1',
    model: 'judge',
    prompt: '{{output}}',
    choices: { yes: 1, no: 0 },
  } as const;
  const { runId, plan } = await frozenRun(db, { examples: 1, evaluators: [judge] });
  await sql`delete from shard where run_id = ${runId}`.execute(db);
  await sql`
    insert into plan_example (run_id, ordinal, example_id, example_revision_id, splits)
    select ${runId}, n, 'e' || n, example_revision_id, splits
    from plan_example, generate_series(1, ${examples}::int - 1) n where run_id = ${runId}`.execute(db);
  await sql`
    insert into shard (run_id, shard, from_trial, to_trial, failed, succeeded)
    select ${runId}, n, n * 20, n * 20 + 20, 10, 10 from generate_series(0, ${examples / shardExamples}::int - 1) n`.execute(
    db,
  );
  await sql`
    insert into trial (id, run_id, variant, example_id, repetition, ordinal, status, error_class, caused_by, attempts,
      trace_id, output)
    select ${runId} || '-' || v || n, ${runId}, v, 'e' || n, 0, n, case v when 'control' then 'succeeded' else 'failed' end,
      case v when 'candidate' then 'http_5xx' end, case v when 'candidate' then 'agent' end, 1, 't',
      case v when 'control' then '"x"'::jsonb end
    from generate_series(0, ${examples}::int - 1) n, unnest(array['control', 'candidate']) v`.execute(db);
  return { runId, plan };
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  return { result: await work(), ms: performance.now() - start };
}

describe('a run of thousands of shards', { timeout: 180_000 }, () => {
  it('puts its failures aside for a retry, and divides its answers among judges, in seconds', async () => {
    const { runId, plan } = await largeRun();
    const scoring = await readScoring(db, await ensurePlanScoring(db, runId));
    const frozen = await timed(() => freezeScoreShards(db, scoring, () => shardExamples));
    expect(frozen.result).toHaveLength(examples / shardExamples);
    expect(frozen.ms).toBeLessThan(enoughMs);
    const { rows } = await sql<{ least: number; most: number }>`
      select min(to_score) as least, max(to_score) as most from score_shard where scoring_id = ${scoring.scoringId}`.execute(
      db,
    );
    expect(rows).toEqual([{ least: shardExamples, most: shardExamples }]);

    const put = await timed(() =>
      db.transaction().execute(async (trx) => {
        // What the API's statements are given must not end one that is over millions of rows.
        await sql`set local statement_timeout = '100ms'`.execute(trx);
        return supersedeFailures(trx, { runId, plan, kind: 'failed', actor: 'person:test' });
      }),
    );
    expect(put.result).toMatchObject({ trials: examples, scores: 0 });
    expect(put.ms).toBeLessThan(enoughMs);
    expect((await tallyOf(db, runId)).counts).toMatchObject({ succeeded: examples, failed: 0 });
    const shards = await db
      .selectFrom('shard')
      .select(({ fn }) => [fn.min('fence').as('fence'), fn.max('failed').as('failed')])
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow();
    expect(shards).toEqual({ fence: 1, failed: 0 });
  });
});
