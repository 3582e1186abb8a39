import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { typedIn } from '../../config/invocation.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Stack } from '../connect.ts';
import type { OnInconclusive } from '../run/exit-code.ts';
import { loadRegressions } from './load-regressions.ts';
import { renderMarkdown } from './render-markdown.ts';

export interface ReportTarget {
  /** File that the Markdown goes to; undefined = none is asked for. */
  readonly markdown?: string | undefined;
  readonly onInconclusive?: OnInconclusive | undefined;
}

/**
 * Writes the report of a run when one was asked for, and warns where an inconclusive verdict is let pass.
 *
 * @throws {SluiceError} when the file cannot be written
 */
export async function finishReport(stack: Stack, result: RunResult, target: ReportTarget): Promise<void> {
  if (target.markdown !== undefined) await writeReport(stack, result, { ...target, file: target.markdown });
  if (result.verdict === 'inconclusive' && target.onInconclusive === 'pass') {
    console.error('warning: the verdict is inconclusive and counts as passed (--on-inconclusive pass)');
  }
}

async function writeReport(
  stack: Stack,
  result: RunResult,
  { file, onInconclusive = 'hold' }: ReportTarget & { file: string },
): Promise<void> {
  const [{ plan }, regressions] = await Promise.all([
    stack.sluice.runs.spec.query({ id: result.id }),
    loadRegressions(stack.sluice, result),
  ]);
  const text = renderMarkdown(result, { plan, regressions, onInconclusive });
  try {
    writeFileSync(resolve(typedIn(), file), text);
  } catch (error) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `--markdown ${file}: the report cannot be written there (${(error as NodeJS.ErrnoException).code})`,
      fix: `Name a file in a folder that exists. The run is over; \`${stack.again(`gate check ${result.id} --markdown FILE`)}\` writes its report again.`,
      cause: error,
    });
  }
}
