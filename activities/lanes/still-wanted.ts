import { activityInfo, heartbeat, sleep } from '@temporalio/activity';

/** A task that was scheduled so long ago may have been given to somebody else: heartbeats are missed after 5 s. */
const suspiciousMs = 4_000;
/** In this time the server has answered the heartbeat of a task that is not this worker's any more. */
const answerMs = 1_000;

/**
 * Waits until it is sure that the task is still this worker's. One that was frozen, or cut off, wakes up with tasks that timed out
 * meanwhile and run elsewhere: beginning such a shard would take it away from the worker that has it, and its calls in flight
 * would be made again. A task that merely waited long in the queue begins a second later.
 * @throws CancelledFailure when the task is not this worker's any more
 */
export async function stillWanted(): Promise<void> {
  if (Date.now() - activityInfo().currentAttemptScheduledTimestampMs < suspiciousMs) return;
  heartbeat();
  await sleep(answerMs);
}
