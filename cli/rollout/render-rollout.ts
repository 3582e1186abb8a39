import type { RunResult } from '../../schema/contracts/result.ts';
import type { Colors } from '../colors.ts';
import { formatDuration } from '../format/format-duration.ts';
import { renderVerdict } from '../run/render-verdict.ts';

/** The result of a rollout for a person: where it stands, what the guardrails say, what was decided, and why. */
export function renderRollout(result: RunResult, { width, colors }: { width: number; colors: Colors }): string {
  const lines = [colors.bold(`${result.name}  ${result.id}`)];
  const share = `${Number((100 * (result.share ?? 0)).toFixed(2))} % to the candidate`;
  const stage = result.phase === 'stage' ? `stage ${result.stage}, ${share}` : (result.phase ?? '');
  const time = result.durationMs === null ? '' : `, ${formatDuration(result.durationMs)}`;
  lines.push(`${result.status.replace('_', ' ')}${stage === '' ? '' : ` (${stage})`}${time}`, '');
  const stateColor = { breached: colors.red, clear: colors.green, open: colors.dim };
  for (const { sentence, state } of result.guardrails ?? [])
    lines.push(`  ${stateColor[state](state.padEnd(8))} ${sentence}`);
  for (const { sentence, verdict } of result.goals ?? []) lines.push(`  ${verdict.padEnd(8)} ${sentence}`);
  if (result.sampleRatio?.state === 'mismatch') lines.push(`  ${colors.red(result.sampleRatio.sentence)}`);
  for (const { action, at, verdict } of result.decisions ?? [])
    lines.push(`  ${at}  ${action.replace('_', ' ')} (${verdict})`);
  if (result.rollbackMs !== undefined)
    lines.push(`  rolled back ${formatDuration(result.rollbackMs)} after the last value that showed harm`);
  if (result.verdict !== null) lines.push('', renderVerdict(result, colors));
  else for (const reason of result.reasons.slice(0, 5)) lines.push(`  ${reason}`);
  return lines.map((line) => wrap(line, width)).join('\n');
}

/** Breaks a line at spaces; what follows is indented like it, and two more. */
function wrap(line: string, width: number): string {
  const indent = ' '.repeat((/^ */.exec(line)?.[0].length ?? 0) + 2);
  const words = line.trimStart().split(' ');
  const lines: string[] = [];
  let current = indent.slice(2);
  for (const word of words) {
    const isFull = current.trim() !== '' && current.length + word.length + 1 > width;
    if (isFull) {
      lines.push(current.trimEnd());
      current = indent;
    }
    current += `${current.trim() === '' ? '' : ' '}${word}`;
  }
  lines.push(current);
  return lines.join('\n');
}
