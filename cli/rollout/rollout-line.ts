import type { RunProgress } from '../../schema/contracts/result.ts';

/** One line about where a rollout stands: `stage 2, 25 % to the candidate: the stage runs for 12 min of at least 30 min`. */
export function rolloutLine({ status, rollout }: RunProgress): string {
  if (rollout === undefined) return status;
  const { phase, stage, share, headline } = rollout;
  const where =
    phase === 'requested'
      ? 'not begun'
      : phase === 'watch'
        ? 'promoted, under watch'
        : phase === 'ended'
          ? 'ended'
          : `stage ${stage}, ${Number((100 * share).toFixed(2))} % to the candidate`;
  const state = status === 'running' || phase === 'ended' ? '' : ` (${status.replace('_', ' ')})`;
  return `${where}${state}${headline === null ? '' : `: ${headline}`}`;
}
