import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

const { previewPlan } = proxyActivities<Activities>({
  // Who asked waits a minute, and calls agents for nobody after that.
  scheduleToCloseTimeout: '70s',
  heartbeatTimeout: '5s',
  // Twice at most: a second attempt calls the agents again.
  retry: { initialInterval: '100ms', maximumAttempts: 2 },
});

/** One question of `sluice plan`; the answer goes to the row of the question. */
export async function plan({ previewId }: { previewId: string }): Promise<void> {
  await previewPlan({ previewId });
}
