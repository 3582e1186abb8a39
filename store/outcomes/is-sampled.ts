import { createHash } from 'node:crypto';

/**
 * Whether an evaluator is asked about a unit of a rollout: by a hash with a seed of its own, so that the sample says nothing of the
 * variant and its rate is the same in all of them.
 */
export function isSampled(input: { runId: string; metric: string; unit: string; sample: number }): boolean {
  const { runId, metric, unit, sample } = input;
  if (sample >= 1) return true;
  const digest = createHash('sha256').update(`sample\u0000${runId}\u0000${metric}\u0000${unit}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32 < sample;
}
