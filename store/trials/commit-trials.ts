import type { Pool } from 'pg';
import type { Step } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { ShardOrders } from '../shards/read-shard-orders.ts';

/** One finished trial with the scores made in its lane. */
export interface FinishedTrial {
  runId: string;
  shard: number;
  id: string;
  variant: string;
  exampleId: string;
  repetition: number;
  ordinal: number;
  status: 'succeeded' | 'failed';
  errorClass: string | null;
  causedBy: 'agent' | 'platform' | null;
  errorMessage: string | null;
  /** Calls that reached out to the agent. */
  attempts: number;
  latencyMs: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
  steps: number | null;
  /** Where the agent told its steps one by one. */
  trajectory: Step[] | undefined;
  /** The answer of an earlier trial: no call was made. */
  cached: boolean;
  output: Json | undefined;
  outputHash: string | null;
  model: string | null;
  revision: string | null;
  traceId: string;
  /** Under which later runs find the answer; only in runs with a cache. */
  cacheKey?: string;
  scores: NewScore[];
}

/** What one evaluator said of one output. */
export interface NewScore {
  evaluatorVersionId: string;
  name: string;
  score: number | null;
  label: string | null;
  explanation: string | null;
  /** Why there is none. */
  error: string | null;
  annotatorKind: 'CODE' | 'LLM';
  /** What judging cost, where it cost something. */
  costUsd: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  /** More than the score says, e.g. the labels of each repetition. */
  detail: Record<string, Json> | null;
}

/**
 * Commits a group of trials, their scores and their shards' tallies in one statement. First write wins: a row that is
 * there already is left as it is, and not counted again, so the statement may be repeated after an ambiguous failure.
 *
 * The shard rows are locked by the update, and the fence returned is the one after any take-over that came first: an
 * attempt that reads its own fence here knows that a later attempt will see these rows.
 * @returns Orders per `runId/shard`.
 */
export async function commitTrials(pool: Pool, trials: FinishedTrial[]): Promise<Map<string, ShardOrders>> {
  const { rows } = await pool.query<{ run_id: string; shard: number } & ShardOrders>({
    // Runs without a cache pay nothing for it.
    ...(trials.some(({ cached, cacheKey }) => cached || cacheKey) ? cachingStatement : plainStatement),
    values: [JSON.stringify(trials)],
  });
  return new Map(rows.map((row) => [`${row.run_id}/${row.shard}`, { fence: row.fence, intent: row.intent }]));
}

/** What a run with a cache adds: the answer is kept for later runs, and those that were taken are counted. */
const caching = {
  kept: `
), kept as (
  insert into cached_answer (project_id, key, run_id, variant, example_id, repetition)
  select distinct on (r.project_id, i."cacheKey") r.project_id, i."cacheKey", i."runId", i.variant, i."exampleId",
    i.repetition
  from input i join stored using (id) join run r on r.id = i."runId"
  where i."cacheKey" is not null and stored.status = 'succeeded'
  order by r.project_id, i."cacheKey"
  on conflict (project_id, key) do update set run_id = excluded.run_id, variant = excluded.variant,
    example_id = excluded.example_id, repetition = excluded.repetition, created_at = now()`,
  tallied: `,
    count(*) filter (where stored.cached)::int as cached`,
  counted: `,
    cached = s.cached + tally.cached`,
};

const statementOf = (more: typeof caching) => `
with input as materialized (
  select * from json_to_recordset($1::json) as t(
    "runId" text, shard int, id text, variant text, "exampleId" text, repetition int, ordinal int, status text,
    "errorClass" text, "causedBy" text, "errorMessage" text, attempts int, "latencyMs" float8,
    "inputTokens" float8, "outputTokens" float8, "costUsd" float8, steps float8, trajectory jsonb,
    cached boolean, output jsonb, "outputHash" text,
    model text, revision text, "traceId" text, "cacheKey" text, scores json)
), stored as (
  insert into trial (id, run_id, variant, example_id, repetition, ordinal, status, error_class, caused_by,
    error_message, attempts, latency_ms, input_tokens, output_tokens, cost_usd, steps, trajectory, cached, output,
    output_hash, model, revision, trace_id)
  select id, "runId", variant, "exampleId", repetition, ordinal, status, "errorClass", "causedBy", "errorMessage",
    attempts, "latencyMs", "inputTokens", "outputTokens", "costUsd", steps, trajectory, coalesce(cached, false),
    output, "outputHash", model, revision, "traceId"
  from input
  on conflict do nothing
  returning id, status, caused_by, cost_usd, cached
), scored as (
  insert into score (subject_id, evaluator_version_id, name, score, label, explanation, annotator_kind, error,
    cost_usd, input_tokens, output_tokens, detail)
  select i.id, s."evaluatorVersionId", s.name, s.score, s.label, s.explanation, coalesce(s."annotatorKind", 'CODE'),
    s.error, s."costUsd", s."inputTokens", s."outputTokens", s.detail
  from input i
  join stored using (id)
  cross join lateral json_to_recordset(i.scores) as s(
    "evaluatorVersionId" text, name text, score float8, label text, explanation text, error text,
    "annotatorKind" text, "costUsd" float8, "inputTokens" float8, "outputTokens" float8, detail jsonb)
  on conflict do nothing${more.kept}
), tally as (
  select i."runId" as run_id, i.shard,
    count(*) filter (where stored.status = 'succeeded')::int as succeeded,
    count(*) filter (where stored.caused_by = 'agent')::int as failed,
    count(*) filter (where stored.caused_by = 'platform')::int as missing,
    coalesce(sum(stored.cost_usd), 0) as cost_usd${more.tallied}
  from input i left join stored using (id)
  group by 1, 2
), counted as (
  update shard s set
    succeeded = s.succeeded + tally.succeeded,
    failed = s.failed + tally.failed,
    missing = s.missing + tally.missing,
    cost_usd = s.cost_usd + tally.cost_usd${more.counted}
  from tally
  where s.run_id = tally.run_id and s.shard = tally.shard
  returning s.run_id, s.shard, s.fence
)
select counted.run_id, counted.shard, counted.fence, run.intent
from counted join run on run.id = counted.run_id`;

const plainStatement = { name: 'commit-trials', text: statementOf({ kept: '', tallied: '', counted: '' }) };
const cachingStatement = { name: 'commit-trials-and-cache', text: statementOf(caching) };
