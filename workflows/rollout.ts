import {
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { activityOptions } from './activity-options.ts';
import { describeFailure } from './describe-failure.ts';
import { commandSignal } from './experiment.ts';

const { failRollout } = proxyActivities<Activities>(activityOptions);
const { scoreLive } = proxyActivities<Activities>({
  ...activityOptions,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15s',
  // "Nothing to judge" comes with its own delay; this one is for outages.
  retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '10s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});
const { lookAtRollout } = proxyActivities<Activities>({
  ...activityOptions,
  startToCloseTimeout: '2 minutes',
  // A worker that died in the middle of a look costs five seconds, not more: harm may be waiting.
  heartbeatTimeout: '5s',
  // "Nothing yet" comes with its own delay, the cadence; this one is for outages.
  retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '5s' },
  // A command need not wait for a look that waits: the next one reads the command.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Looks after which a run begins a new history: far below the size at which replays get slow. */
const looksPerHistory = 100;

/**
 * One rollout from request to promotion, roll-back and the end of the watch. It decides nothing: each look reads, judges and acts in
 * Postgres; a look that finds nothing to do waits by being tried again, which adds nothing to the history. A command wakes it.
 */
export async function rollout({ runId }: { runId: string }): Promise<void> {
  let commands = 0;
  setHandler(commandSignal, () => {
    commands += 1;
  });
  // Judges of live answers work beside the looks, which never wait for them.
  const judging = new CancellationScope();
  void judging.run(() => scoreLive({ runId })).catch(() => {});
  try {
    for (let looks = 0; looks < looksPerHistory && !workflowInfo().continueAsNewSuggested; looks += 1) {
      const seen = commands;
      const scope = new CancellationScope();
      const looking = scope.run(() => lookAtRollout({ runId }));
      const woken = condition(() => commands > seen).then(() => null);
      const looked = await Promise.race([looking, woken]);
      if (looked?.ended) return;
      if (looked !== null) continue;
      scope.cancel();
      await looking.catch((error) => {
        if (!isCancellation(error)) throw error;
      });
    }
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    await failRollout({ runId, ...describeFailure(error) });
    return;
  } finally {
    judging.cancel();
  }
  await continueAsNew<typeof rollout>({ runId });
}
