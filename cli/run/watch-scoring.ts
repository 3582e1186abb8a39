import { setTimeout as delay } from 'node:timers/promises';
import type { ScoringProgress } from '../../schema/contracts/scoring.ts';
import type { Stack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import { formatDuration } from '../format/format-duration.ts';
import { formatMoney } from '../format/format-metric.ts';
import { createLiveLine } from '../live-line.ts';

const everyMs = 250;
const pipeEveryMs = 5_000;

/** Shows how far a scoring is until it has ended: one line drawn again on a terminal, a line now and then in a pipe. */
export async function watchScoring(stack: Stack, id: string, output: NodeJS.WriteStream): Promise<ScoringProgress> {
  const line = createLiveLine(output);
  let printedAt = 0;
  try {
    for (;;) {
      const progress = await stack.sluice.runs.scoring.query({ id });
      const text = scoringLine(progress);
      const ended = progress.status === 'completed' || progress.status === 'failed';
      if (line.live) line.show(text.slice(0, line.width()));
      else if (ended || Date.now() - printedAt >= pipeEveryMs) {
        line.print(text);
        printedAt = Date.now();
      }
      if (ended) return progress;
      await delay(everyMs);
    }
  } finally {
    line.clear();
  }
}

/** `scr_…  running · 1,200 of 5,000 scores (24 %) · 3 errors · $0.12 · 8 s` */
export function scoringLine({ id, status, scored, toScore, errors, costUsd, elapsedMs }: ScoringProgress): string {
  const share = toScore === 0 ? '' : ` (${Math.floor((scored * 100) / toScore)} %)`;
  const parts = [
    scored >= toScore && toScore > 0 && status === 'running' ? 'comparing' : status,
    toScore === 0 ? '' : `${formatCount(scored)} of ${formatCount(toScore)} scores${share}`,
    errors === 0 ? '' : `${formatCount(errors)} errors`,
    costUsd === null ? '' : formatMoney(costUsd),
    formatDuration(elapsedMs),
  ];
  return `${id}  ${parts.filter((part) => part !== '').join(' · ')}`;
}
