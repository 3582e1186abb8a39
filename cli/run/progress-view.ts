import type { RunProgress } from '../../schema/contracts/result.ts';
import type { RunStatus } from '../../schema/contracts/words.ts';
import { formatDuration } from '../format/format-duration.ts';
import { createLiveLine } from '../live-line.ts';
import { progressBar, progressLine } from './progress-text.ts';

const pipeEveryMs = 5_000;
const stalledMs = 8_000;
/** Persons take hours: a line of the log says so now and then. */
const askingEveryMs = 600_000;

export interface ProgressViewOptions {
  readonly output: NodeJS.WriteStream;
  /** What a run that goes on without finishing a trial waits for, in words. Asked at most once per stall. */
  readonly waitingFor: (progress: RunProgress) => Promise<string>;
  readonly now?: () => number;
}

/** Shows a run's progress: one line drawn again on a terminal, a line now and then in a pipe. */
export function createProgressView({ output, waitingFor, now = Date.now }: ProgressViewOptions) {
  const line = createLiveLine(output);
  let status: RunStatus | undefined;
  let printedAt = 0;
  let done = -1;
  let movedAt = now();
  let toldStall = false;

  const tellStall = async (progress: RunProgress) => {
    toldStall = true;
    const text = await waitingFor(progress).catch(() => '');
    if (text !== '' && progress.status === 'awaiting_approval') {
      if (progress.status === status) line.print(text);
    } else if (text !== '' && progress.done === done) {
      line.print(`no trial finished for ${formatDuration(now() - movedAt)}: ${text}`);
    }
  };

  return {
    update(progress: RunProgress): void {
      const at = now();
      if (progress.done !== done || progress.status !== status) {
        movedAt = at;
        toldStall = false;
      }
      const changed = progress.status !== status;
      const asks = progress.status === 'awaiting_approval';
      done = progress.done;
      status = progress.status;
      if (line.live) line.show(progressBar(progress, line.width()));
      else if (changed || progress.final || at - printedAt >= (asks ? askingEveryMs : pipeEveryMs)) {
        line.print(progressLine(progress));
        printedAt = at;
      }
      // Whom it waits for is told at once; of calls that take long only after a while.
      if (!progress.final && !toldStall && (asks || at - movedAt >= stalledMs)) void tellStall(progress);
    },
    note: (text: string) => line.print(text),
    end: () => line.clear(),
  };
}
