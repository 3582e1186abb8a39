import type { Pool } from 'pg';
import type { ShardOrders } from '../shards/read-shard-orders.ts';
import type { NewScore } from '../trials/commit-trials.ts';

/** A score of a trial that was stored before. */
export interface ScoreOfTrial extends NewScore {
  trialId: string;
  /** Where the judgement is kept for equal content; null = nowhere. */
  cacheKey: string | null;
}

/**
 * Commits a group of scores of one shard, what they put into the cache and the shard's tally, in one statement. First
 * write wins, so it may be repeated after an ambiguous failure.
 * @returns The fence after any take-over that came first, and what the run, or an attached scoring, was last told.
 */
export async function commitScores(
  pool: Pool,
  input: { scoringId: string; shard: number; projectId: string; scores: ScoreOfTrial[] },
): Promise<ShardOrders> {
  const { rows } = await pool.query<ShardOrders>({
    name: 'commit-scores',
    text: statement,
    values: [JSON.stringify(input.scores), input.scoringId, input.shard, input.projectId],
  });
  const [orders] = rows;
  if (!orders) throw new Error(`score shard ${input.shard} of ${input.scoringId} is gone`);
  return orders;
}

const statement = `
with input as materialized (
  select * from json_to_recordset($1::json) as t(
    "trialId" text, "evaluatorVersionId" text, name text, score float8, label text, explanation text,
    "annotatorKind" text, error text, "costUsd" float8, "inputTokens" float8, "outputTokens" float8, detail jsonb,
    "cacheKey" text)
), stored as (
  insert into score (subject_id, evaluator_version_id, name, score, label, explanation, annotator_kind, error,
    cost_usd, input_tokens, output_tokens, detail)
  select "trialId", "evaluatorVersionId", name, score, label, explanation, "annotatorKind", error, "costUsd",
    "inputTokens", "outputTokens", detail
  from input
  on conflict do nothing
  returning error, cost_usd
), cached as (
  insert into judgement_cache (project_id, key, score, label, explanation, detail)
  select $4, "cacheKey", score, label, explanation, detail from input where "cacheKey" is not null
  on conflict do nothing
), tally as (
  select count(*)::int as scored, count(error)::int as errors, coalesce(sum(cost_usd), 0) as cost_usd from stored
), counted as (
  update score_shard h set scored = h.scored + t.scored, errors = h.errors + t.errors, cost_usd = h.cost_usd + t.cost_usd
  from tally t
  where h.scoring_id = $2 and h.shard = $3
  returning h.fence
)
select counted.fence, case when s.kind = 'plan' then r.intent when s.status = 'failed' then 'abort' else 'run' end as intent
from counted, scoring s join run r on r.id = s.run_id
where s.id = $2`;
