import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Evaluator, EvaluatorInput } from '../../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { binOf } from '../../schema/contracts/scale-value.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { addJudgedCost } from '../../store/outcomes/add-judged-cost.ts';
import { commitJudgement, type Judgement } from '../../store/outcomes/commit-judgement.ts';
import { type DueJudgement, loadDueJudgements } from '../../store/outcomes/load-due-judgements.ts';
import { loadEvaluators } from '../../store/outcomes/load-evaluators.ts';
import { decideEvent, isOpenEvent } from '../../store/outcomes/zero-tolerance-events.ts';
import { type Rollout, readRollout } from '../../store/rollouts/read-rollout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { scoreOutput } from '../lanes/score-output.ts';
import { judgeCaller } from '../scoring/judge-caller.ts';

/** Answers judged at the same moment. */
const lanes = 4;
const page = 50;
/** After this the next attempt goes on, and reads anew whether the rollout goes on. */
const longestMs = 30_000;
const againAfterMs = 2_000;

interface LiveJudge {
  versionId: string;
  config: EvaluatorConfig;
  evaluator: Evaluator;
  /** null = the plan decides nothing on it; its judgements are kept all the same. */
  metric: RolloutPlanMetric | null;
}

/**
 * Judges live answers of a rollout: of sampled units' first calls, and pairs of shadow stages. When there is nothing to judge it fails in a way
 * that Temporal tries again in two seconds, as a look does, so that waiting adds nothing to the history. Stops when the rollout
 * is over; at the cap of its budget it only waits. An answer is judged again after a crash when its judgement was
 * not committed: at most one for each lane.
 */
export async function scoreLive(dependencies: ActivityDependencies, { runId }: { runId: string }): Promise<void> {
  const { db } = dependencies;
  const rollout = await readRollout(db, runId);
  if (isFinal(rollout.status) || rollout.plan.evaluators.length === 0) return;
  const cancelled = cancellationSignal();
  const judges = await judgesOf(dependencies, rollout, cancelled);
  const deadline = performance.now() + longestMs;
  while (performance.now() < deadline && !cancelled.aborted) {
    const { state, status } = await readRollout(db, runId);
    if (isFinal(status)) return;
    const { budget } = rollout.plan;
    if (budget !== null && state.judged_cost_usd >= budget.maxCostUsd) break;
    const due = await loadDueJudgements(db, { runId, limit: page });
    if (due.length === 0) break;
    let spentUsd = state.judged_cost_usd;
    const lane = async () => {
      for (let one = due.shift(); one; one = due.shift()) {
        if (cancelled.aborted || (budget !== null && spentUsd >= budget.maxCostUsd)) return;
        const judge = judges.get(one.metric);
        if (!judge) continue;
        const judgement = await judgeOne(judge, one);
        // A call that was given up because the worker goes says nothing of the answer.
        if (cancelled.aborted && judgement.error !== null) return;
        spentUsd += judgement.costUsd;
        await commitJudgement(db, { runId, due: one, metric: judge.metric, judgement });
        spentUsd += await judgeAgain(dependencies, runId, { judge, due: one, judgement });
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }
  throw ApplicationFailure.create({
    type: 'nothing_to_judge',
    message: 'no live answer waits for its judgement',
    nextRetryDelay: againAfterMs,
    category: 'BENIGN',
  });
}

async function judgesOf(
  dependencies: ActivityDependencies,
  { plan, projectId }: Rollout,
  signal: AbortSignal,
): Promise<Map<string, LiveJudge>> {
  const functions = await dependencies.loadFunctions();
  const callAgent = judgeCaller(dependencies, { functions, media: dependencies.media.of(projectId), signal });
  const configs = await loadEvaluators(
    dependencies.db,
    plan.evaluators.map(({ versionId }) => versionId),
  );
  const judges = new Map<string, LiveJudge>();
  for (const { name, versionId } of plan.evaluators) {
    const config = configs.get(versionId);
    if (!config) continue;
    const evaluator = dependencies.evaluatorFor(config, functions, callAgent);
    const metric = plan.metrics.find((one) => one.name === name) ?? null;
    judges.set(name, { versionId, config, evaluator, metric });
  }
  return judges;
}

async function judgeOne(judge: LiveJudge, due: DueJudgement): Promise<Judgement> {
  if (judge.config.type === 'pairwise') return judgePair(judge, due);
  const candidate = await judgeAnswer(judge, { failed: due.failed, input: due.input, output: due.output });
  if (due.kind === 'live') return { ...candidate, controlScore: null };
  const control = await judgeAnswer(judge, {
    failed: due.controlFailed === true,
    input: due.input,
    output: due.controlOutput,
  });
  return {
    score: candidate.score,
    controlScore: control.score,
    costUsd: candidate.costUsd + control.costUsd,
    error: candidate.error ?? control.error,
  };
}

type OneJudgement = Omit<Judgement, 'controlScore'>;

/** No answer, by the agent's doing, is the worst there is: no judge need be asked. */
async function judgeAnswer(
  { versionId, evaluator, metric }: LiveJudge,
  answer: { failed: boolean; input: Json; output: Json },
): Promise<OneJudgement> {
  if (answer.failed) return { score: worstOf(metric), costUsd: 0, error: null };
  return ask(versionId, evaluator, { ...answer, expected: undefined, metadata: {} });
}

/** Which of two answers is better; only shadow stages have two. */
async function judgePair({ versionId, evaluator }: LiveJudge, due: DueJudgement): Promise<Judgement> {
  if (due.kind === 'live') {
    return {
      score: null,
      controlScore: null,
      costUsd: 0,
      error: 'pairwise compares two answers, and a live unit has one',
    };
  }
  if (due.failed || due.controlFailed) {
    const score = due.failed === due.controlFailed ? 0.5 : due.failed ? 0 : 1;
    return { score, controlScore: 0.5, costUsd: 0, error: null };
  }
  const judged = await ask(versionId, evaluator, {
    input: due.input,
    output: due.output,
    expected: undefined,
    metadata: {},
    control: { output: due.controlOutput },
  });
  return { ...judged, controlScore: judged.score === null ? null : 0.5 };
}

async function ask(versionId: string, evaluator: Evaluator, input: EvaluatorInput): Promise<OneJudgement> {
  const { score, costUsd, error } = await scoreOutput(versionId, evaluator, input);
  return { score, costUsd: costUsd ?? 0, error };
}

function worstOf(metric: RolloutPlanMetric | null): number {
  if (metric === null) return 0;
  return metric.direction === 'higher' ? metric.range[0] : metric.range[1];
}

/**
 * A bad value of a metric with zero tolerance is asked about a second time, without any cache; the event counts when the evaluator says the
 * same. One that it cannot say anything of is left to a person. @returns what it cost, in USD
 */
async function judgeAgain(
  { db }: ActivityDependencies,
  runId: string,
  { judge, due, judgement }: { judge: LiveJudge; due: DueJudgement; judgement: Judgement },
): Promise<number> {
  const { metric } = judge;
  if (metric === null || metric.zeroTolerance === null || due.kind === 'shadow') return 0;
  if (judgement.score === null || binOf(metric, judgement.score) >= 50) return 0;
  const event = { runId, draw: due.draw, unit: due.unit, metric: due.metric };
  if (!(await isOpenEvent(db, event))) return 0;
  const second = await judgeAnswer(judge, due);
  if (second.costUsd > 0) await addJudgedCost(db, { runId, costUsd: second.costUsd });
  if (second.score === null) return second.costUsd;
  await db.transaction().execute((trx) =>
    decideEvent(trx, {
      ...event,
      confirm: binOf(metric, second.score as number) < 50,
      by: 'second judgement',
      reason: null,
      onlyOpen: true,
    }),
  );
  return second.costUsd;
}
