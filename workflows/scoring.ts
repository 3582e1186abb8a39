import { ActivityFailure, continueAsNew, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { activityOptions, judgingOptions } from './activity-options.ts';
import { describeFailure } from './describe-failure.ts';
import { runScoreShards } from './run-score-shards.ts';

const { failScoring } = proxyActivities<Activities>(activityOptions);
const { judgeScoring } = proxyActivities<Activities>(judgingOptions);

/** Evaluators attached to a run that has ended: scores its answers, then compares. No agent is called. */
export async function scoring({ scoringId }: { scoringId: string }): Promise<void> {
  try {
    for (;;) {
      const outcome = await runScoreShards({ scoringId });
      if (outcome === 'refused') return;
      if (outcome === 'full') return await continueAsNew<typeof scoring>({ scoringId });
      // A worker that was told to end left something.
      if (outcome === 'stopped') continue;
      await judgeScoring({ scoringId });
      return;
    }
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    await failScoring({ scoringId, ...describeFailure(error) });
  }
}
