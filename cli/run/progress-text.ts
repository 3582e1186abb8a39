import type { RunProgress } from '../../schema/contracts/result.ts';
import { formatCount } from '../format/format-count.ts';
import { formatDuration } from '../format/format-duration.ts';
import { formatMoney } from '../format/format-metric.ts';

const widestBar = 30;
const narrowestBar = 6;

/** The state of a run in at most `width` columns: what matters least goes first when there is little room. */
export function progressBar(progress: RunProgress, width: number): string {
  const { planned } = progress.counts;
  const head = planned === 0 ? [] : [`${formatCount(progress.done)}/${formatCount(planned)}`];
  const parts = [...head, ...segments(progress)];
  while (parts.length > 1 && joined(parts).length > width) parts.pop();
  const text = joined(parts).slice(0, width);
  const room = Math.min(widestBar, width - text.length - 1);
  if (room < narrowestBar || planned === 0) return text;
  const filled = Math.floor((Math.min(progress.done, planned) / planned) * room);
  return `${'█'.repeat(filled)}${'░'.repeat(room - filled)} ${text}`;
}

/** The same for a pipe: one line of words. */
export function progressLine(progress: RunProgress): string {
  const { planned } = progress.counts;
  const share = `${formatCount(progress.done)} of ${formatCount(planned)} (${Math.floor((progress.done * 100) / planned)} %)`;
  const words = progress.status === 'running' ? ['running'] : [];
  return `${progress.id}  ${[...words, ...(planned > 0 ? [share] : []), ...segments(progress)].join(' · ')}`;
}

/** Most important first. */
function segments(progress: RunProgress): string[] {
  const { status, counts, done, etaMs, trialsPerSecond, costUsd, elapsedMs, scored = 0, toScore = 0 } = progress;
  const failures = counts.failed + counts.missing;
  return [
    ...(status === 'running' ? [] : [status.replaceAll('_', ' ')]),
    // Judges that call something come after the trials.
    ...(toScore > 0 && status === 'running' ? [`${formatCount(scored)}/${formatCount(toScore)} scores`] : []),
    ...(failures > 0 ? [`${formatCount(failures)} failed`] : []),
    ...(etaMs === null || status !== 'running' ? [] : [`ETA ${formatDuration(etaMs)}`]),
    ...(trialsPerSecond === null || status !== 'running' ? [] : [`${rate(trialsPerSecond)}/s`]),
    ...(costUsd ? [formatMoney(costUsd)] : []),
    ...(done > 0 || elapsedMs > 2_000 ? [formatDuration(elapsedMs)] : []),
  ];
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? formatCount(Math.round(perSecond)) : perSecond.toFixed(1);
}

const joined = (parts: string[]) => parts.join(' · ');
