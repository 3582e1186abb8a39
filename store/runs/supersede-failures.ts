import { sql, type Transaction } from 'kysely';
import { isLaneEvaluator } from '../../schema/contracts/evaluator.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Database } from '../../schema/tables/database.ts';

/** Which failures are made again: the agent's, those of the platform and of judges, or all. */
export type RetriedKind = 'failed' | 'missing' | 'all_failed';

export interface Superseded {
  /** Trials, to be called again. */
  trials: number;
  /** Scores that were errors, to be judged again without a call of an agent. */
  scores: number;
  /** Those of them whose judge calls something. */
  askedScores: number;
}

/**
 * Puts failed trials, and scores that are errors, aside, and opens their shards again. Tallies follow in the same
 * transaction: a superseded trial is no longer counted as failed or missing, its calls and its cost stay counted. The
 * fence of a shard grows, so that an attempt which is still ending cannot finish it.
 */
export async function supersedeFailures(
  trx: Transaction<Database>,
  input: { runId: string; plan: Plan; kind: RetriedKind; actor: string },
): Promise<Superseded> {
  const { runId, plan, kind, actor } = input;
  // Over all failures of a run, which may be millions.
  await sql`set local statement_timeout = '10min'`.execute(trx);
  const variants = plan.variants.map(({ name }) => name);
  const causes = { failed: ['agent'], missing: ['platform'], all_failed: ['agent', 'platform'] }[kind];
  const place = sql`(p.ordinal * ${plan.repetitions}::int + p.repetition) * ${variants.length}::int
    + array_position(${variants}::text[], p.variant) - 1`;
  // Shards are alike but the last, which is shorter: a trial's is found by division. Searched for by their ranges, half a
  // million failures among thousands of shards take longer than a statement may.
  const shardOf = sql`(${place}) / (select max(to_trial - from_trial) from shard where run_id = ${runId})`;
  const trials = await sql`
    with picked as (
      delete from trial where run_id = ${runId} and status = 'failed' and caused_by = any(${causes}::text[]) returning *
    ), kept as (
      insert into superseded_trial (id, run_id, variant, example_id, repetition, ordinal, status, error_class, caused_by,
        error_message, attempts, latency_ms, input_tokens, output_tokens, cost_usd, steps, trajectory, cached, output,
        output_hash, model, revision, trace_id, finished_at, superseded_by)
      select id, run_id, variant, example_id, repetition, ordinal, status, error_class, caused_by,
        error_message, attempts, latency_ms, input_tokens, output_tokens, cost_usd, steps, trajectory, cached, output,
        output_hash, model, revision, trace_id, finished_at, ${actor}
      from picked
    ), tally as (
      select s.shard, count(*) filter (where p.caused_by = 'agent')::int as failed,
        count(*) filter (where p.caused_by = 'platform')::int as missing,
        count(*) filter (where p.attempts > 0)::int as calls
      from picked p join shard s on s.run_id = ${runId} and s.shard = ${shardOf}
      group by s.shard
    ), counted as (
      update shard s set failed = s.failed - tally.failed, missing = s.missing - tally.missing,
        retried_calls = s.retried_calls + tally.calls, finished = false, fence = s.fence + 1
      from tally where s.run_id = ${runId} and s.shard = tally.shard
    )
    select id from picked`.execute(trx);
  await supersedeDefaults(trx, { runId, plan, actor });
  const scores =
    kind === 'failed' ? { scores: 0, askedScores: 0 } : await supersedeErrors(trx, { runId, plan, shardOf, actor });
  return { trials: trials.rows.length, ...scores };
}

/** What comparing judges said of answers whose counterpart of control had failed: that one is made again. */
async function supersedeDefaults(
  trx: Transaction<Database>,
  { runId, plan, actor }: { runId: string; plan: Plan; actor: string },
): Promise<void> {
  const versions = plan.evaluators.filter(({ config }) => config.type === 'pairwise').map((one) => one.versionId);
  if (versions.length === 0) return;
  await sql`
    with picked as (
      delete from score s using trial t
      where t.run_id = ${runId} and s.subject_id = t.id and s.subject_id >= ${`${runId}-`} and s.subject_id < ${`${runId}.`}
        and s.evaluator_version_id = any(${versions}::text[])
        and not exists (select from trial c where c.run_id = t.run_id and c.variant = 'control'
          and c.example_id = t.example_id and c.repetition = t.repetition)
      returning s.*, t.ordinal
    ), kept as (
      insert into superseded_score (subject_id, evaluator_version_id, identifier, name, error, cost_usd, created_at, superseded_by)
      select subject_id, evaluator_version_id, identifier, name, coalesce(error, 'control was made again'), cost_usd,
        created_at, ${actor} from picked
    )
    ${uncount(runId)}`.execute(trx);
}

/** Takes picked scores out of the tallies of their score shards; what they cost stays. */
function uncount(runId: string) {
  return sql`
    update score_shard h set scored = h.scored - gone.scores, errors = h.errors - gone.errors, finished = false
    from (
      select d.scoring_id, d.shard, count(*)::int as scores, count(p.error)::int as errors
      from picked p
      join scoring s on s.run_id = ${runId} and s.kind = 'plan'
        and s.evaluators @> jsonb_build_array(jsonb_build_object('versionId', p.evaluator_version_id))
      join score_shard d on d.scoring_id = s.id and d.shard = p.ordinal / (
        select max(x.to_ordinal - x.from_ordinal) from score_shard x join scoring y on y.id = x.scoring_id
        where y.run_id = ${runId} and y.kind = 'plan')
      group by d.scoring_id, d.shard
    ) gone
    where h.scoring_id = gone.scoring_id and h.shard = gone.shard`;
}

/** Scores of judges that the plan names and that broke. */
async function supersedeErrors(
  trx: Transaction<Database>,
  input: { runId: string; plan: Plan; shardOf: ReturnType<typeof sql>; actor: string },
): Promise<Omit<Superseded, 'trials'>> {
  const { runId, plan, shardOf, actor } = input;
  const versions = plan.evaluators.map(({ versionId }) => versionId);
  const { rows } = await sql<{ version: string; scores: number }>`
    with picked as (
      delete from score s using trial t
      where t.run_id = ${runId} and s.subject_id = t.id and s.subject_id >= ${`${runId}-`} and s.subject_id < ${`${runId}.`}
        and s.error is not null and s.evaluator_version_id = any(${versions}::text[])
      returning s.*, t.ordinal, t.repetition, t.variant
    ), kept as (
      insert into superseded_score (subject_id, evaluator_version_id, identifier, name, error, cost_usd, created_at, superseded_by)
      select subject_id, evaluator_version_id, identifier, name, error, cost_usd, created_at, ${actor} from picked
    ), opened as (
      select distinct s.shard from picked p
      join shard s on s.run_id = ${runId} and s.shard = ${shardOf}
    ), counted as (
      update shard s set finished = false, fence = s.fence + 1
      from opened where s.run_id = ${runId} and s.shard = opened.shard
    ), uncounted as (
      ${uncount(runId)}
    )
    select evaluator_version_id as version, count(*)::int as scores from picked group by 1`.execute(trx);
  const asking = plan.evaluators.filter(({ config }) => !isLaneEvaluator(config)).map((one) => one.versionId);
  const total = (counted: typeof rows) => counted.reduce((sum, { scores }) => sum + scores, 0);
  return { scores: total(rows), askedScores: total(rows.filter(({ version }) => asking.includes(version))) };
}
