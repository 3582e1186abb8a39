import {
  ActivityFailure,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { activityOptions, judgingOptions } from './activity-options.ts';
import { describeFailure } from './describe-failure.ts';
import { commandSignalName } from './messages.ts';
import { runScoreShards } from './run-score-shards.ts';

const { planExperiment, runShard, readIntent, confirmMustPass, settleApproval, failRun } =
  proxyActivities<Activities>(activityOptions);
const { judge } = proxyActivities<Activities>(judgingOptions);

export const commandSignal = defineSignal(commandSignalName);

/**
 * One experiment from plan to decision. It holds no content and decides nothing: Postgres has the plan, the rows and
 * the commands; this only keeps the right activities going.
 */
export async function experiment({ runId }: { runId: string }): Promise<void> {
  try {
    await runExperiment(runId);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    await failRun({ runId, ...describeFailure(error) });
  }
}

async function runExperiment(runId: string): Promise<void> {
  let commands = 0;
  setHandler(commandSignal, () => {
    commands += 1;
  });

  /** Waits while the run is paused. @returns false when it was aborted. */
  const mayGoOn = async (): Promise<boolean> => {
    for (;;) {
      const seen = commands;
      const { intent } = await readIntent({ runId });
      if (intent === 'abort') return false;
      if (intent === 'run') return true;
      await condition(() => commands > seen);
    }
  };

  /** Waits until persons have decided or their time is over. Both happen in Postgres; this only looks again. */
  const awaitPersons = async (): Promise<void> => {
    for (;;) {
      const seen = commands;
      const { waitMs } = await settleApproval({ runId });
      if (waitMs === null) return;
      await condition(() => commands > seen, waitMs);
    }
  };

  const plan = await planExperiment({ runId });
  if (plan.shards === null) return;

  const waiting = [...plan.shards];
  let ended = false;
  let full = false;
  /** The budget is used up: no new shard, and the verdict on what there is. */
  let spent = false;
  /** One place in the window: runs one shard after the other with its lanes. */
  const place = async (lanes: number): Promise<void> => {
    while (!ended && !full && !spent) {
      const shard = waiting.shift();
      if (shard === undefined) return;
      const result = await runShard({ runId, shard, lanes });
      full ||= workflowInfo().continueAsNewSuggested;
      if (result.outcome === 'finished') continue;
      waiting.unshift(shard);
      if (result.outcome === 'over_budget') {
        spent = true;
      } else if (result.outcome === 'unreachable') {
        ended = true;
        await failRun({
          runId,
          message: result.message ?? '',
          fix: `Start the agent, then go on: \`sluice run retry ${runId}\`.`,
        });
      } else if (!(await mayGoOn())) {
        ended = true;
      }
    }
  };
  await Promise.all(plan.lanes.map(place));
  if (ended) return;
  if (waiting.length > 0 && !spent) return continueAsNew<typeof experiment>({ runId });
  // A pause that came with the last trial holds the verdict back too.
  while (await mayGoOn()) {
    // Of what the plan said, not of `patched`: a history from before has no such words in it and replays as it was.
    const scored = plan.scores ? await runScoreShards({ runId }) : 'finished';
    if (scored === 'full') return continueAsNew<typeof experiment>({ runId });
    if (scored === 'stopped') continue;
    if (plan.confirms && (await confirmMustPass({ runId })).outcome === 'stopped') continue;
    const judged = await judge({ runId });
    if (judged.awaiting) return awaitPersons();
    if (!judged.held) return;
  }
}
