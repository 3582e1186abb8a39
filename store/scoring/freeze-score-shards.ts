import { sql } from 'kysely';
import { bulkRead } from '../bulk-read.ts';
import type { Store } from '../open-database.ts';
import type { ScoringOrders } from './read-scoring.ts';

/**
 * Divides the examples of a run among score shards, the first time; counts what each has left to score, every time, so
 * that answers which came later are judged too. Only answers are judged: a failed trial scores 0 by rule.
 * @param examplesOf Examples of one shard, from the number of all.
 * @returns Numbers of the shards that have something left, in order.
 */
export async function freezeScoreShards(
  db: Store,
  scoring: ScoringOrders,
  examplesOf: (examples: number) => number,
): Promise<number[]> {
  const { scoringId, runId } = scoring;
  const versions = scoring.evaluators.map(({ versionId }) => versionId);
  return bulkRead(db, async (trx) => {
    await sql`select 1 from scoring where id = ${scoringId} for update`.execute(trx);
    const { count } = await trx
      .selectFrom('plan_example')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow();
    if (count === 0) return [];
    const size = examplesOf(count);
    await sql`
      insert into score_shard (scoring_id, shard, from_ordinal, to_ordinal)
      select ${scoringId}, n, n * ${size}::int, least((n + 1) * ${size}::int, ${count}::int)
      from generate_series(0, (${count}::int - 1) / ${size}::int) as n
      where not exists (select 1 from score_shard where scoring_id = ${scoringId})
      on conflict do nothing`.execute(trx);
    const { rows } = await sql<{ shard: number; finished: boolean }>`
      with pairs as (
        select t.ordinal, count(*)::int as pairs, count(s.subject_id)::int as scored, count(s.error)::int as errors
        from trial t
        cross join unnest(${versions}::text[]) as v(id)
        left join score s on s.subject_id = t.id and s.evaluator_version_id = v.id and s.identifier = ''
          and s.subject_id >= ${`${runId}-`} and s.subject_id < ${`${runId}.`}
        where t.run_id = ${runId} and t.status = 'succeeded'
        group by t.ordinal
      ), tally as (
        select h.shard, coalesce(sum(p.pairs), 0)::int as pairs, coalesce(sum(p.scored), 0)::int as scored,
          coalesce(sum(p.errors), 0)::int as errors
        from score_shard h
        left join pairs p on h.shard = p.ordinal / (
          select max(to_ordinal - from_ordinal) from score_shard where scoring_id = ${scoringId})
        where h.scoring_id = ${scoringId}
        group by h.shard
      )
      update score_shard h set to_score = t.pairs, scored = t.scored, errors = t.errors, finished = t.scored = t.pairs
      from tally t
      where h.scoring_id = ${scoringId} and h.shard = t.shard
      returning h.shard, h.finished`.execute(trx);
    return rows
      .filter(({ finished }) => !finished)
      .map((row) => row.shard)
      .sort((one, other) => one - other);
  });
}
