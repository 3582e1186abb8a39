import { Client, Connection } from '@temporalio/client';
import { auditKey } from '../../config/audit-key.ts';
import { readConfig } from '../../config/read-config.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { auditHash } from '../../store/audit/audit-hash.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import type { RunningStack } from './running-stack.ts';
import type { StubAgent } from './stub-agent.ts';

export interface CheckedRun {
  /** Kills and crashes that the run went through so far. */
  faults: number;
  /** Undefined = the agent did not count. */
  stub?: Pick<StubAgent, 'calls' | 'repeated'>;
  /** Longest time without a new row, in ms, while lanes were free. @default 10000 */
  maxGapMs?: number;
}

/** What was measured while checking. */
export interface Invariants {
  status: RunResult['status'];
  planned: number;
  rows: number;
  agentCalls: number;
  calls: number;
  repeated: number;
  gapMs: number;
}

/**
 * The promises of DESIGN §9.1 over one run, in any state of it: checked after every fault and at its end. All broken
 * ones are reported at once.
 *
 * @throws {Error} with a line for each promise that does not hold
 */
export async function checkInvariants(
  stack: Pick<RunningStack, 'pool' | 'client' | 'connection' | 'dataDir'>,
  runId: string,
  { faults, stub, maxGapMs = 10_000 }: CheckedRun,
): Promise<Invariants> {
  const broken: string[] = [];
  const must = (holds: boolean, sentence: string) => {
    if (!holds) broken.push(sentence);
  };
  const { pool } = stack;

  const before = stub?.calls() ?? 0;
  const result = await stack.client.runs.get.query({ id: runId });
  const facts = await readFacts(stack, runId);
  const final = ['completed', 'failed', 'aborted'].includes(facts.status);
  const { concurrency } = facts.plan;
  const planned = facts.examples * facts.plan.variants.length * facts.plan.repetitions;

  must(facts.rows === facts.distinct_keys, `${facts.rows} trial rows are ${facts.distinct_keys} different trials`);
  must(
    facts.foreign === 0,
    `${facts.foreign} trial rows are of an example, variant or repetition that was not planned`,
  );
  must(facts.rows <= planned, `${facts.rows} trial rows of ${planned} planned`);
  must(facts.tallied === facts.rows, `the shards' tallies say ${facts.tallied} rows, there are ${facts.rows}`);
  must(facts.wrong_shards === 0, `the tallies of ${facts.wrong_shards} shards differ from their rows`);
  must(facts.orphan_scores === 0, `${facts.orphan_scores} scores have no trial`);
  must(facts.unscored === 0, `${facts.unscored} succeeded trials lack a score`);
  must(facts.gap_ms < maxGapMs, `${facts.gap_ms} ms passed between two rows`);
  if (facts.status === 'completed') {
    must(facts.rows === planned, `the completed run has ${facts.rows} rows of ${planned} planned`);
    must(facts.decisions > 0, 'the completed run has no decision');
  }
  must(facts.decisions_without_evidence === 0, `${facts.decisions_without_evidence} decisions have no evidence`);

  const calls = stub?.calls() ?? 0;
  const repeated = stub?.repeated() ?? 0;
  if (stub) {
    const allowed = concurrency * faults;
    must(repeated <= allowed, `${repeated} calls were repeated, at most ${allowed} are promised for ${faults} faults`);
    // While it runs, calls in flight are in nobody's count yet.
    const inFlight = final ? 0 : concurrency;
    must(
      result.agentCalls >= before - inFlight,
      `agentCalls is ${result.agentCalls}, the agent counts ${before} calls`,
    );
    must(result.agentCalls <= calls + allowed, `agentCalls is ${result.agentCalls}, the agent counts ${calls} calls`);
  }
  const open = await isOpen(stack.connection().temporalAddress, runId);
  if (facts.status === 'running' && !open && (await statusOf(pool, runId)) === 'running') {
    broken.push('the run is running and has no open workflow');
  }
  broken.push(...(await brokenAuditLinks(stack)));

  const measured: Invariants = {
    status: facts.status,
    planned,
    rows: facts.rows,
    agentCalls: result.agentCalls,
    calls,
    repeated,
    gapMs: facts.gap_ms,
  };
  if (broken.length > 0) {
    throw new Error(`run ${runId} after ${faults} faults ${JSON.stringify(measured)}:\n- ${broken.join('\n- ')}`);
  }
  return measured;
}

interface Facts {
  status: RunResult['status'];
  plan: Plan;
  examples: number;
  rows: number;
  distinct_keys: number;
  foreign: number;
  tallied: number;
  wrong_shards: number;
  orphan_scores: number;
  unscored: number;
  gap_ms: number;
  decisions: number;
  decisions_without_evidence: number;
}

/** In one statement, so that all numbers are of one moment. */
async function readFacts({ pool }: Pick<RunningStack, 'pool'>, runId: string): Promise<Facts> {
  const { rows } = await pool.query<Facts>(
    `with own_run as (
      select *, (plan->>'repetitions')::int as repetitions, jsonb_array_length(plan->'variants') as variants,
        jsonb_array_length(plan->'evaluators') as evaluators
      from run where id = $1),
    variants as (
      select v.value->>'name' as variant, v.ordinality - 1 as place
      from own_run cross join jsonb_array_elements(plan->'variants') with ordinality as v),
    own_trial as materialized (
      select t.*, e.example_id is not null and v.variant is not null
          and t.repetition >= 0 and t.repetition < r.repetitions as is_planned,
        (t.ordinal * r.repetitions + t.repetition) * r.variants + v.place as place
      from own_run r join trial t on t.run_id = r.id
      left join plan_example e on e.run_id = r.id and e.ordinal = t.ordinal and e.example_id = t.example_id
      left join variants v on v.variant = t.variant),
    own_shard as (select *, succeeded + failed + missing as tallied from shard where run_id = $1),
    in_shard as (
      select width_bucket(place, (select array_agg(from_trial order by shard) from own_shard)) - 1 as shard,
        count(*)::int as rows
      from own_trial group by 1),
    own_score as materialized (
      select subject_id, count(*)::int as scores from score
      where subject_id >= $1 || '-' and subject_id < $1 || '.' group by 1)
    select r.status, r.plan,
      (select count(*)::int from plan_example where run_id = $1) as examples,
      (select count(*)::int from own_trial) as rows,
      (select count(distinct (variant, example_id, repetition))::int from own_trial) as distinct_keys,
      (select count(*)::int from own_trial where is_planned is not true) as foreign,
      (select coalesce(sum(tallied), 0)::int from own_shard) as tallied,
      (select count(*)::int from own_shard s left join in_shard i using (shard)
        where s.tallied <> coalesce(i.rows, 0)) as wrong_shards,
      (select count(*)::int from own_score s left join own_trial t on t.id = s.subject_id where t.id is null)
        as orphan_scores,
      (select count(*)::int from own_trial t left join own_score s on s.subject_id = t.id
        where t.status = 'succeeded' and coalesce(s.scores, 0) <> r.evaluators) as unscored,
      (select coalesce(max(extract(epoch from gap) * 1000), 0)::int from (
        select finished_at - lag(finished_at) over (order by finished_at) as gap from own_trial) gaps) as gap_ms,
      (select count(*)::int from decision where run_id = $1) as decisions,
      (select count(*)::int from decision d where d.run_id = $1 and not exists
        (select from evidence e where e.id = d.evidence_id and e.run_id = $1)) as decisions_without_evidence
    from own_run r`,
    [runId],
  );
  const [facts] = rows;
  if (!facts) throw new Error(`there is no run ${runId}`);
  return facts;
}

async function statusOf(pool: RunningStack['pool'], runId: string): Promise<string | undefined> {
  return (await pool.query('select status from run where id = $1', [runId])).rows[0]?.status;
}

async function isOpen(address: string, runId: string): Promise<boolean> {
  const connection = await Connection.connect({ address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(workflowIdOf('experiment', runId));
    return (await handle.describe()).status.name === 'RUNNING';
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

/** Computes the chain of the default project again from its first row. */
async function brokenAuditLinks({ pool, dataDir }: Pick<RunningStack, 'pool' | 'dataDir'>): Promise<string[]> {
  const key = auditKey({ ...readConfig({}), local: true, dataDir });
  const { rows } = await pool.query<{
    number: string;
    at: Date;
    actor: string;
    verb: string;
    subject: string;
    detail: { [key: string]: Json };
    previous_hash: Buffer;
    hash: Buffer;
  }>(`select * from audit_event where project_id = 'prj_default' order by number`);
  let previous: Uint8Array = new Uint8Array(32);
  return rows.flatMap((row, index) => {
    const { at, actor, verb, subject, detail } = row;
    const number = Number(row.number);
    const hash = auditHash(key, previous, { projectId: 'prj_default', actor, verb, subject, detail, number, at });
    const links = number === index + 1 && row.previous_hash.equals(previous) && row.hash.equals(hash);
    previous = row.hash;
    return links ? [] : [`audit event ${row.number} (${verb} ${subject}) does not link to the one before`];
  });
}
