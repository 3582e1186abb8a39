import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { newId, sha256, trialId } from '../../schema/ids.ts';
import { beginPush } from '../../store/datasets/begin-push.ts';
import { finishPush } from '../../store/datasets/finish-push.ts';
import { type StagedRow, stageRows } from '../../store/datasets/stage-rows.ts';
import { ensureEvaluatorVersion } from '../../store/evaluators/ensure-evaluator-version.ts';
import type { Store } from '../../store/open-database.ts';
import { countTrials, type RunTally } from '../../store/runs/count-trials.ts';
import { freezePlan } from '../../store/runs/freeze-plan.ts';
import { insertRun } from '../../store/runs/insert-run.ts';
import type { FinishedTrial, NewScore } from '../../store/trials/commit-trials.ts';

export const projectId = 'prj_default';

export interface FrozenRunOptions {
  /** @default 10 */
  examples?: number;
  variants?: Record<string, AgentConfig>;
  repetitions?: number;
  concurrency?: number;
  retries?: number;
  evaluators?: EvaluatorConfig[];
  policy?: GatePolicy;
  /** Trials in a shard. @default all in one */
  shardSize?: number;
  /** False leaves the freezing to the test. @default true */
  freeze?: boolean;
}

/** A run as it stands once its plan is frozen, without API and workflow. Examples are `e0`, `e1`, …, input `{number}`. */
export async function frozenRun(db: Store, options: FrozenRunOptions = {}): Promise<{ runId: string; plan: Plan }> {
  const dataset = await pushNumbers(db, options.examples ?? 10);
  const variants = options.variants ?? {
    control: { adapter: 'function', function: 'echo' },
    candidate: { adapter: 'function', function: 'echo', parameters: { other: true } },
  };
  const evaluators = await Promise.all(
    (options.evaluators ?? []).map(async (config) => ({
      config,
      ...(await ensureEvaluatorVersion(db, { projectId, config })),
    })),
  );
  const plan: Plan = {
    kind: 'experiment',
    dataset: { ...dataset, split: null },
    criterionSplits: [],
    variants: Object.entries(variants).map(([name, config]) => ({ name, agent: null, config })),
    repetitions: options.repetitions ?? 1,
    concurrency: options.concurrency ?? 4,
    retries: options.retries ?? 2,
    evaluators,
    gate: { name: null, version: null, policy: options.policy ?? null },
    budget: null,
    limit: null,
  };
  const runId = newId('run');
  await insertRun(db, {
    id: runId,
    projectId,
    name: 'frozen',
    spec: { kind: 'experiment', name: 'frozen', dataset: dataset.name, variants },
    specHash: sha256(runId),
    plan,
    planHash: sha256(JSON.stringify(plan)),
    idempotencyKey: null,
    requestedBy: 'person:test',
  });
  if (options.freeze !== false) {
    const planned = await freezePlan(db, runId, plan, (trials) => options.shardSize ?? trials);
    await db.updateTable('run').set({ planned, status: 'running' }).where('id', '=', runId).execute();
  }
  return { runId, plan };
}

/** Counts and calls of a run, as its result would say. */
export async function tallyOf(db: Store, runId: string): Promise<RunTally> {
  return countTrials(db, await db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow());
}

async function pushNumbers(db: Store, count: number): Promise<Pick<Plan['dataset'], 'name' | 'version' | 'versionId'>> {
  const name = `numbers-${count}`;
  const pushId = await beginPush(db, { projectId, name, createdBy: 'person:test' });
  await stageRows(
    db,
    pushId,
    Array.from({ length: count }, (_, number) => stagedRow(number)),
  );
  const { version } = await db
    .transaction()
    .execute((trx) => finishPush(trx, { projectId, pushId, rows: count, createdBy: 'person:test' }));
  const { id } = await db
    .selectFrom('dataset_version as v')
    .innerJoin('dataset as d', 'd.id', 'v.dataset_id')
    .select('v.id')
    .where('d.name', '=', name)
    .where('v.version', '=', version)
    .executeTakeFirstOrThrow();
  return { name, version, versionId: id };
}

/** A row as the API stages it: example `e<number>`, input `{number}`, expected the number as text. */
export function stagedRow(number: number, more: Partial<StagedRow> = {}): StagedRow {
  const row = {
    ordinal: number,
    exampleId: `e${number}`,
    input: { number },
    expected: `${number}`,
    metadata: {},
    clusterKey: null,
    sourceTraceId: null,
    splits: [],
    ...more,
  };
  return { ...row, contentHash: more.contentHash ?? sha256(JSON.stringify([row.input, row.expected])) };
}

/** A succeeded trial of control on example `e<ordinal>`, as a lane would commit it. */
export function finishedTrial(runId: string, ordinal: number, more: Partial<FinishedTrial> = {}): FinishedTrial {
  const variant = more.variant ?? 'control';
  const repetition = more.repetition ?? 0;
  return {
    runId,
    shard: 0,
    id: trialId(runId, variant, `e${ordinal}`, repetition),
    variant,
    exampleId: `e${ordinal}`,
    repetition,
    ordinal,
    status: 'succeeded',
    errorClass: null,
    causedBy: null,
    errorMessage: null,
    trajectory: undefined,
    cached: false,
    attempts: 1,
    latencyMs: 12.5,
    inputTokens: null,
    outputTokens: null,
    costUsd: 0.25,
    steps: null,
    output: `answer ${ordinal}`,
    outputHash: sha256(`"answer ${ordinal}"`),
    model: null,
    revision: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    scores: [],
    ...more,
  };
}

/** What an evaluator that costs nothing says, as a lane would commit it. */
export function newScore(said: Pick<NewScore, 'evaluatorVersionId' | 'name' | 'score'> & Partial<NewScore>): NewScore {
  return {
    label: null,
    explanation: null,
    error: null,
    annotatorKind: 'CODE',
    costUsd: null,
    inputTokens: null,
    outputTokens: null,
    detail: null,
    ...said,
  };
}
