import { isFinal } from '../../schema/contracts/words.ts';
import { colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { finishReport, type ReportTarget } from '../report/finish-report.ts';
import { exitCode } from '../run/exit-code.ts';
import { renderVerdict } from '../run/render-verdict.ts';
import { watchRun } from '../run/watch-run.ts';

/** `gate check ID`: waits for the run, prints verdict and reasons. @returns the exit code by the verdict */
export async function checkGate(id: string, target: ReportTarget, global: GlobalOptions): Promise<number> {
  return withStack(global, async (stack) => {
    const now = await stack.sluice.runs.get.query({ id });
    const result = isFinal(now.status) ? now : await watchRun(stack, id, process.stderr);
    await finishReport(stack, result, target);
    console.log(global.json ? JSON.stringify(result) : renderVerdict(result, colorsFor(process.stdout)));
    if (result.error)
      console.error(`error: ${result.error.message}${result.error.fix ? `\nfix: ${result.error.fix}` : ''}`);
    return exitCode(result, target.onInconclusive);
  });
}
