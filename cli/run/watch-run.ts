import { writeSync } from 'node:fs';
import type { RunProgress, RunResult } from '../../schema/contracts/result.ts';
import type { Stack } from '../connect.ts';
import { rolloutLine } from '../rollout/rollout-line.ts';
import { detectableText } from './detectable-text.ts';
import { exitCodes } from './exit-code.ts';
import { followRun } from './follow-run.ts';
import { createProgressView } from './progress-view.ts';
import { waitingFor } from './waiting-for.ts';

/**
 * Shows a run's progress until it is final. Ctrl-C ends the watching, never the run: it prints the command that goes
 * on and exits 130.
 *
 * @param output stdout for people, stderr where stdout belongs to a program
 * @param until When to stop before. @default when the run is final
 */
export async function watchRun(
  stack: Stack,
  id: string,
  output: NodeJS.WriteStream,
  until?: (progress: RunProgress) => boolean,
): Promise<RunResult> {
  const view = createProgressView({ output, waitingFor: (progress) => waitingFor(stack.sluice, progress) });
  const stopping = new AbortController();
  let told = false;
  let watching = true;
  const interrupt = () => {
    view.end();
    writeSync(2, `run goes on; watch it again: ${stack.again(`run watch ${id}`)}\n`);
    process.exit(exitCodes.interrupted);
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await followRun(stack.sluice, id, {
      url: stack.url,
      signal: stopping.signal,
      until,
      onProgress: (progress) => {
        if (progress.rollout) return tellRollout(progress, view);
        view.update(progress);
        if (told || progress.counts.planned === 0 || progress.final) return;
        told = true;
        void tellDetectable(stack, id).then(
          (text) => text !== '' && watching && view.note(text),
          () => {},
        );
      },
      onBreak: (reason) => view.note(`connection lost (${reason}); the run goes on, connecting again`),
    });
    return await stack.sluice.runs.get.query({ id });
  } finally {
    watching = false;
    view.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

const toldOf = new WeakMap<object, string>();

/** A rollout moves by steps, hours apart: a line for each of them, and for each new reason to wait. */
function tellRollout(progress: RunProgress, view: ReturnType<typeof createProgressView>): void {
  const line = rolloutLine(progress);
  if (toldOf.get(view) === line) return;
  toldOf.set(view, line);
  view.note(line);
}

/** What the run can show, as stated at its launch; empty for a run that does not say. */
async function tellDetectable({ sluice }: Stack, id: string): Promise<string> {
  return detectableText((await sluice.runs.get.query({ id })).detectableEffects);
}
