import type { RunResult } from '../../schema/contracts/result.ts';

/** Exit codes of the command line (DESIGN §8). */
export const exitCodes = { done: 0, error: 1, invalid: 2, fail: 3, inconclusive: 4, interrupted: 130 } as const;

/** What the caller takes an inconclusive verdict for: its own exit code (`hold`), a pass with a warning, or a fail. */
export const inconclusiveAnswers = ['pass', 'fail', 'hold'] as const;
export type OnInconclusive = (typeof inconclusiveAnswers)[number];

/**
 * The exit code of a finished run by its verdict. A run that could not finish, was aborted, or in which not one call
 * succeeded never counts as passed. One that persons are still asked about, or did not approve, is no pass either: it
 * exits like one that nothing can be told of, whatever that is taken for.
 */
export function exitCode(result: RunResult, onInconclusive: OnInconclusive = 'hold'): number {
  if (result.status === 'awaiting_approval') return exitCodes.inconclusive;
  if (result.status !== 'completed' || result.verdict === null) return exitCodes.error;
  if (result.approval && result.approval.state !== 'approved') return exitCodes.inconclusive;
  const inconclusive = result.verdict === 'inconclusive';
  if (result.verdict === 'fail' || (inconclusive && onInconclusive === 'fail')) return exitCodes.fail;
  if (inconclusive && onInconclusive === 'hold') return exitCodes.inconclusive;
  return result.counts.succeeded === 0 ? exitCodes.error : exitCodes.done;
}
