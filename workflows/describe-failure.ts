import { type ActivityFailure, ApplicationFailure, rootCause } from '@temporalio/workflow';

/** What an activity that gave up says to the user, and what to do. */
export function describeFailure(error: ActivityFailure): { message: string; fix: string } {
  const message = rootCause(error) ?? error.message;
  // What an error meant for the user says to do travels in its details (activities/index.ts).
  const advice = error.cause instanceof ApplicationFailure ? error.cause.details?.[0] : undefined;
  const fix = typeof advice === 'string' ? advice : 'This is a defect or a broken installation: see the worker log.';
  return { message, fix };
}
