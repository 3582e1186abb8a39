import { sql } from 'kysely';
import type { RolloutPlan, RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import type { Store } from '../../store/open-database.ts';

/** A metric of a plan: binary, up is good, with a window of a minute and no silence. */
export function planMetric(more: Partial<RolloutPlanMetric> = {}): RolloutPlanMetric {
  return {
    name: 'resolved',
    source: 'outcome',
    kind: 'binary',
    direction: 'higher',
    perUnit: 'last',
    attributionWindowMs: 60_000,
    silence: null,
    range: [0, 1],
    thresholdMs: null,
    guardrail: true,
    goal: null,
    margin: null,
    harmBeyond: 0,
    zeroTolerance: null,
    anchor: 0.5,
    anchorKnown: true,
    sample: 1,
    ...more,
  };
}

/** Rows of a rollout as the look and the data plane leave them, with nobody looking: for tests of what is stored and counted. */
export async function insertMovingRollout(
  db: Store,
  input: {
    runId: string;
    agentId: string;
    projectId?: string;
    metrics: readonly RolloutPlanMetric[];
    rerandomize?: RolloutPlan['rerandomize'];
    evaluators?: RolloutPlan['evaluators'];
    budget?: RolloutPlan['budget'];
    /** Of revisions, in their order. stratum null = nothing is drawn. */
    revisions: readonly { revision: number; stage: number; stratum: number | null }[];
  },
): Promise<{ agentId: string; projectId: string }> {
  const { runId, agentId, projectId = 'prj_outcomes' } = input;
  await db
    .insertInto('project')
    .values({ id: projectId, name: 'outcomes' } as never)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .insertInto('agent')
    .values({ id: agentId, project_id: projectId, name: agentId, production_version: 1 } as never)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const plan = {
    kind: 'rollout',
    agent: { id: agentId, name: agentId },
    rerandomize: input.rerandomize ?? 'never',
    metrics: input.metrics,
    evaluators: input.evaluators ?? [],
    budget: input.budget ?? null,
    candidates: [{ name: 'candidate', version: 2 }],
  };
  await db
    .insertInto('run')
    .values({
      id: runId,
      project_id: projectId,
      kind: 'rollout',
      name: runId,
      status: 'running',
      spec: JSON.stringify({}),
      plan: JSON.stringify(plan),
      plan_hash: 'hash',
      spec_hash: 'hash',
      requested_by: 'tests',
      idempotency_key: runId,
    } as never)
    .execute();
  await db.insertInto('rollout_state').values({ run_id: runId, agent_id: agentId, phase: 'stage' }).execute();
  for (const { revision, stage, stratum } of input.revisions) {
    await db
      .insertInto('traffic_revision')
      .values({ agent_id: agentId, revision, split: '{}', run_id: runId, stage, stratum } as never)
      .execute();
  }
  return { agentId, projectId };
}

/** Ends it: its agent may have another. */
export async function endRollout(db: Store, runId: string): Promise<void> {
  await db.updateTable('rollout_state').set({ phase: 'ended' }).where('run_id', '=', runId).execute();
}

/** Everything that counts should be equal to what a recount of the rows gives. Empty = they are. */
export async function wrongCounts(db: Store, runId?: string): Promise<unknown[]> {
  const ofRun = runId === undefined ? sql`true` : sql`run_id = ${runId}`;
  const { rows } = await sql`
    with counted as (
      select run_id, stratum, variant, metric, bin, sum(count) as n from metric_count where ${ofRun} group by 1, 2, 3, 4, 5 having sum(count) <> 0
      union all
      select run_id, stratum, variant, 'exposures', 0, sum(count) from exposure_count where ${ofRun} group by 1, 2, 3 having sum(count) <> 0
    ), recounted as (
      select run_id, stratum, variant, metric, bin, count(*) as n from unit_metric where state = 'final' and ${ofRun} group by 1, 2, 3, 4, 5
      union all
      select run_id, stratum, variant, 'exposures', 0, count(*) from exposure where ${ofRun} group by 1, 2, 3
    )
    select c.*, r.n as recounted, r.run_id as r_run, r.metric as r_metric from counted c
    full join recounted r using (run_id, stratum, variant, metric, bin) where c.n is distinct from r.n`.execute(db);
  return rows;
}
