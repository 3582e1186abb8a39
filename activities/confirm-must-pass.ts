import { cancellationSignal } from '@temporalio/activity';
import {
  confirmationsOf,
  isTold,
  type UnconfirmedExample,
  unconfirmedExamples,
} from '../gates/unconfirmed-examples.ts';
import type { Rerun } from '../schema/contracts/evidence.ts';
import type { Plan } from '../schema/contracts/plan.ts';
import { beginConfirmation } from '../store/confirmations/begin-confirmation.ts';
import { commitConfirmation } from '../store/confirmations/commit-confirmation.ts';
import { countConfirmationCall } from '../store/confirmations/count-confirmation-call.ts';
import { loadReruns } from '../store/confirmations/load-reruns.ts';
import { loadEvidence } from '../store/runs/load-evidence.ts';
import { loadPlanExamples } from '../store/runs/load-plan-examples.ts';
import { readRun } from '../store/runs/read-run.ts';
import type { ShardExample } from '../store/shards/begin-shard.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { runTrial, type TrialMeans } from './lanes/run-trial.ts';
import { trialMeans } from './lanes/trial-means.ts';
import { readIntent } from './read-intent.ts';

export interface ConfirmOutput {
  /** `stopped`: by a pause or an abort; to be run again when the run goes on. */
  outcome: 'finished' | 'stopped';
}

/** Calls of an example until it is said to be broken or not, its own among them (DESIGN §7). */
const callsToTell = 5;

/**
 * Calls examples that a candidate broke, and control solves, up to four times more. Each re-run is a row of
 * `confirmation` with an Idempotency-Key of its own; a second attempt makes only those that are not over. As many calls
 * at once as the run's concurrency, under the agents' limits.
 */
export async function confirmMustPass(
  dependencies: ActivityDependencies,
  { runId }: { runId: string },
): Promise<ConfirmOutput> {
  const { db } = dependencies;
  const { plan, status } = await readRun(db, runId);
  if (status !== 'running') return { outcome: status === 'paused' ? 'stopped' : 'finished' };
  const examples = unconfirmedExamples(plan.gate.policy, await loadEvidence(db, runId, plan));
  if (examples.length === 0) return { outcome: 'finished' };

  const stop = new AbortController();
  const end = (reason: string) => stop.abort(new Error(reason));
  const cancelled = cancellationSignal();
  const onCancel = () => end('superseded');
  cancelled.addEventListener('abort', onCancel);
  const look = setInterval(() => {
    void readIntent(dependencies, { runId }).then(
      ({ intent }) => intent !== 'run' && end(intent),
      () => {},
    );
  }, 1_000);
  try {
    const contents = await loadPlanExamples(
      db,
      runId,
      examples.map((example) => example.position),
    );
    const means = await trialMeans(dependencies, {
      plan,
      judges: 'all',
      signal: stop.signal,
      countRetriedCall: async () => {},
    });
    const before = Map.groupBy(await loadReruns(db, runId), keyOf);
    const waiting = examples.values();
    const lane = async () => {
      for (let next = waiting.next(); !next.done && !stop.signal.aborted; next = waiting.next()) {
        const example = next.value;
        await confirmExample(dependencies, {
          runId,
          plan,
          example,
          content: contents.get(example.position) as ShardExample,
          means: means.get(example.candidate) as TrialMeans,
          reruns: before.get(keyOf(example)) ?? [],
        });
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: plan.concurrency }, lane));
    cancelled.throwIfAborted();
    if (stop.signal.aborted) return { outcome: 'stopped' };
    for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
    return { outcome: 'finished' };
  } finally {
    clearInterval(look);
    cancelled.removeEventListener('abort', onCancel);
  }
}

function keyOf({ candidate, exampleId }: { candidate: string; exampleId: string }): string {
  return JSON.stringify([candidate, exampleId]);
}

/** Calls one example again until every metric it broke is told, one call after the other. */
async function confirmExample(
  { db, budgets }: ActivityDependencies,
  input: {
    runId: string;
    plan: Plan;
    example: UnconfirmedExample;
    content: ShardExample;
    means: TrialMeans;
    reruns: Rerun[];
  },
): Promise<void> {
  const { runId, plan, example, content, means } = input;
  const { candidate: variant, exampleId } = example;
  const reruns = [...input.reruns];
  const most = callsToTell - Math.min(...example.metrics.map(({ calls }) => calls));
  for (let repetition = plan.repetitions; repetition < plan.repetitions + most; repetition++) {
    if (means.signal.aborted || confirmationsOf([example], reruns).every(isTold)) return;
    if (reruns.some((rerun) => rerun.repetition === repetition)) continue;
    if (await budgets.isSpent(runId, plan)) return;
    const key = { runId, variant, exampleId, repetition };
    if (!(await beginConfirmation(db, key))) continue;
    let noted = 1;
    const countRetriedCall = async () => {
      await countConfirmationCall(db, key);
      noted += 1;
    };
    const trial = await runTrial(
      { runId, shard: 0, variant, repetition, example: content },
      { ...means, countRetriedCall },
    );
    // What judges cost here is told with the re-run: it has no score rows of its own.
    const judgedUsd = trial.scores.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
    const costUsd = judgedUsd > 0 ? (trial.costUsd ?? 0) + judgedUsd : trial.costUsd;
    await commitConfirmation(db, { ...trial, costUsd }, noted);
    budgets.note(runId, costUsd);
    const scores = Object.fromEntries(trial.scores.map(({ name, score }) => [name, score]));
    reruns.push({ candidate: variant, exampleId, repetition, failedBy: trial.causedBy, scores });
  }
}
