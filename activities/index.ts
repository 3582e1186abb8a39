import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { SluiceError } from '../schema/errors.ts';
import { settleApproval } from './approvals/settle-approval.ts';
import { confirmMustPass } from './confirm-must-pass.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failRun } from './fail-run.ts';
import { failScoring } from './fail-scoring.ts';
import { judge } from './judge.ts';
import { judgeScoring } from './judge-scoring.ts';
import { stillWanted } from './lanes/still-wanted.ts';
import { mayPass } from './lanes/until-stored.ts';
import { planExperiment } from './plan-experiment.ts';
import { planScoring } from './plan-scoring.ts';
import { previewPlan } from './preview-plan.ts';
import { readIntent } from './read-intent.ts';
import { failRollout } from './rollouts/fail-rollout.ts';
import { type LookOptions, lookAtRollout } from './rollouts/look.ts';
import { scoreLive } from './rollouts/score-live.ts';
import { runShard } from './run-shard.ts';
import { scoreShard } from './score-shard.ts';

/** All activities, bound to what they need. Their inputs and results are ids, ranges and counts, never content. */
export function createActivities(dependencies: ActivityDependencies, options: LookOptions = {}) {
  const bind =
    <Input, Output>(activity: (dependencies: ActivityDependencies, input: Input) => Promise<Output>) =>
    (input: Input): Promise<Output> =>
      supervised(() => activity(dependencies, input));
  /** For those that take a shard over from whoever has it. */
  const bindTaker =
    <Input, Output>(activity: (dependencies: ActivityDependencies, input: Input) => Promise<Output>) =>
    (input: Input): Promise<Output> =>
      supervised(async () => {
        await stillWanted();
        return activity(dependencies, input);
      });
  return {
    planExperiment: bind(planExperiment),
    runShard: bindTaker(runShard),
    readIntent: bind(readIntent),
    confirmMustPass: bind(confirmMustPass),
    judge: bind(judge),
    settleApproval: bind(settleApproval),
    failRun: bind(failRun),
    previewPlan: bind(previewPlan),
    planScoring: bind(planScoring),
    scoreShard: bindTaker(scoreShard),
    judgeScoring: bind(judgeScoring),
    failScoring: bind(failScoring),
    // It waits by failing, so its attempts count nothing: a defect lets the lease run out, and all units get control.
    lookAtRollout: (input: { runId: string }) =>
      supervised(() => lookAtRollout(dependencies, input, options), Infinity),
    // It waits the same way.
    scoreLive: (input: { runId: string }) => supervised(() => scoreLive(dependencies, input), Infinity),
    failRollout: bind(failRollout),
  };
}

export type Activities = ReturnType<typeof createActivities>;

/** Tries of an activity whose error is not an outage. */
const triesOfDefects = 5;

/** Heartbeats while the activity works, and tells an outage (try for ever) from a defect (give up, say so). */
async function supervised<Output>(work: () => Promise<Output>, tries = triesOfDefects): Promise<Output> {
  const beat = setInterval(() => heartbeat(), 1_000);
  try {
    return await work();
  } catch (error) {
    if (cancellationSignal().aborted) throw error;
    if (error instanceof SluiceError) throw ApplicationFailure.nonRetryable(error.message, error.code, error.fix);
    if (!isOutage(error) && activityInfo().attempt >= tries) {
      throw ApplicationFailure.nonRetryable(error instanceof Error ? error.message : String(error), 'internal');
    }
    throw error;
  } finally {
    clearInterval(beat);
  }
}

/** Postgres or the network are away: what the system or Postgres says of it, and may pass. */
function isOutage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  const known =
    typeof code === 'string' &&
    (/^[0-9A-Z]{5}$/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_|ENOTFOUND)/.test(code));
  const lostConnection = error instanceof Error && /connection (terminated|ended)|timeout/i.test(error.message);
  return lostConnection || (known && mayPass(error));
}
