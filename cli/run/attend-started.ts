import type { Stack } from '../connect.ts';
import { exitCode, exitCodes } from './exit-code.ts';

/**
 * After a run was started or set going: with `watch` its progress and result, else the command that shows them.
 * @returns the exit code
 */
export async function attendStarted(
  stack: Stack,
  id: string,
  { watch = false, json }: { watch?: boolean | undefined; json: boolean },
): Promise<number> {
  if (!watch) {
    if (!json) console.log(`watch it: ${stack.again(`run watch ${id}`)}`);
    return exitCodes.done;
  }
  const { watchRun } = await import('./watch-run.ts');
  const { printResult } = await import('./print-result.ts');
  const result = await watchRun(stack, id, json ? process.stderr : process.stdout);
  await printResult(stack, result, { json });
  return exitCode(result);
}
