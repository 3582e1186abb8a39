import { isLaneEvaluator } from '../schema/contracts/evaluator.ts';
import { mayProtect } from '../schema/contracts/gate.ts';
import { changeStatus } from '../store/runs/change-status.ts';
import { freezePlan } from '../store/runs/freeze-plan.ts';
import { readRun } from '../store/runs/read-run.ts';
import { setPlanned } from '../store/runs/set-planned.ts';
import { listUnfinishedShards } from '../store/shards/list-unfinished-shards.ts';
import { hasTrials } from '../store/trials/has-trials.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failRun } from './fail-run.ts';
import { probeJudge } from './scoring/probe-judge.ts';
import { stateDetectableEffects } from './state-detectable-effects.ts';

export interface PlanOutput {
  /** Numbers of the shards to run; null when the run cannot start (its row says why). */
  shards: number[] | null;
  /** Lanes of each place in the window: their sum is the run's concurrency. */
  lanes: number[];
  /** Examples may have to be called again before the verdict. Absent in histories older than that. */
  confirms?: boolean;
  /** Some judges call something, and score after the trials. Absent in histories older than that. */
  scores?: boolean;
}

/** Lanes of one shard: a run of more concurrency spreads over several shards, and so over workers. */
const lanesPerShard = 8;
/** Most shards at once: half of a worker's slots, so that another run finds room; then shards get more lanes. */
const maxPlaces = 32;

/** Lanes of each place in the window. At least two places, so that two workers share a run and a kill halves it. */
export function windowOf(concurrency: number): number[] {
  const places = Math.min(concurrency, maxPlaces, Math.max(2, Math.ceil(concurrency / lanesPerShard)));
  return Array.from(
    { length: places },
    (_, place) => Math.floor(concurrency / places) + (place < concurrency % places ? 1 : 0),
  );
}

/** Trials of one shard: about four shards for each place, 25 to 500 trials. */
export function shardSizeOf(trials: number, places: number): number {
  return Math.min(500, Math.max(25, Math.ceil(trials / (places * 4))));
}

/**
 * Freezes the plan into rows and makes sure that every agent can be reached and every judge is there, before any trial.
 * May run again: the second time it finds the rows and returns what is left to do.
 */
export async function planExperiment(
  dependencies: ActivityDependencies,
  input: { runId: string },
): Promise<PlanOutput> {
  const { db } = dependencies;
  const { plan, status } = await readRun(db, input.runId);
  const lanes = windowOf(plan.concurrency);
  if (status === 'aborted' || status === 'failed' || status === 'completed') return { shards: null, lanes };
  // Its workflow began again while persons are asked: everything has been run and judged.
  if (status === 'awaiting_approval') return { shards: [], lanes };

  const functions = await dependencies.loadFunctions();
  const [planned, ...problems] = await Promise.all([
    freezePlan(db, input.runId, plan, (trials) => shardSizeOf(trials, lanes.length)),
    ...plan.variants.map(async ({ name, config }) => {
      const problem = await dependencies.agentFor(config, functions).probe();
      return problem && { ...problem, message: `${name}: ${problem.message}` };
    }),
    ...plan.evaluators.map(({ config }) => probeJudge(dependencies, functions, config)),
  ]);
  const shards = await listUnfinishedShards(db, input.runId);
  // A run that is under way already lives with an agent that is down for a moment.
  const fresh = !(await hasTrials(db, input.runId));
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0 && fresh) {
    await failRun(dependencies, {
      runId: input.runId,
      planned,
      message: found.map((problem) => problem.message).join('\n'),
      fix: `${found[0]?.fix ?? 'take its cause away'}; then go on: \`sluice run retry ${input.runId}\``,
    });
    return { shards: null, lanes };
  }
  await setPlanned(db, input.runId, planned);
  await stateDetectableEffects(db, input.runId, plan);
  const scores = plan.evaluators.some(({ config }) => !isLaneEvaluator(config));
  // A pause that came first stands: resuming it makes the run running.
  await changeStatus(db, input.runId, 'running', { onlyIntent: 'run' });
  return { shards, lanes, confirms: mayProtect(plan.gate.policy), scores };
}
