import { ActivityCancellationType } from '@temporalio/workflow';

/** How the activities of runs are called. */
export const activityOptions = {
  // A shard of slow calls may take days; every activity heartbeats each second, so that a worker that died is
  // noticed after 5 s, and the rows say where to go on.
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '5s',
  // Everything is safe to run twice, so it is repeated for as long as Postgres is away. Defects end after a few tries
  // (activities/index.ts).
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '5s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

/**
 * Judging computes in one go and cannot heartbeat meanwhile: 6 s for 300,000 examples. Taken for dead after 5 s it would
 * be begun again for ever.
 */
export const judgingOptions = { ...activityOptions, heartbeatTimeout: '60s' } as const;
