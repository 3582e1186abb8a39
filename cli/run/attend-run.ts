import { isFinal } from '../../schema/contracts/words.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { exitCode } from './exit-code.ts';
import { printResult } from './print-result.ts';
import { watchRun } from './watch-run.ts';

/** `run watch ID`: progress until the run is final, then its result. @returns the exit code by the verdict */
export async function attendRun(id: string, global: GlobalOptions): Promise<number> {
  return withStack(global, async (stack) => {
    // Asked first: an id that is wrong is told as such.
    const now = await stack.sluice.runs.get.query({ id });
    const result = isFinal(now.status) ? now : await watchRun(stack, id, global.json ? process.stderr : process.stdout);
    await printResult(stack, result, global);
    return exitCode(result);
  });
}
