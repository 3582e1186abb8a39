import type { RunResult } from '../../schema/contracts/result.ts';

/** Exit codes of the command line (DESIGN §8). */
export const exitCodes = { done: 0, error: 1, invalid: 2, fail: 3, inconclusive: 4, interrupted: 130 } as const;

/**
 * The exit code of a finished run by its verdict. A run that could not finish, was aborted, or in which not one call
 * succeeded never counts as passed.
 */
export function exitCode(result: RunResult): number {
  if (result.status !== 'completed' || result.verdict === null) return exitCodes.error;
  if (result.verdict === 'fail') return exitCodes.fail;
  if (result.verdict === 'inconclusive') return exitCodes.inconclusive;
  return result.counts.succeeded === 0 ? exitCodes.error : exitCodes.done;
}
