import { isFinal, type RunStatus } from '../../schema/contracts/words.ts';
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
    // A job waits for no person: it would be held for a day.
    const over = ({ status }: { status: RunStatus }) => isFinal(status) || status === 'awaiting_approval';
    const result = over(now) ? now : await watchRun(stack, id, process.stderr, over);
    await finishReport(stack, result, target);
    console.log(global.json ? JSON.stringify(result) : renderVerdict(result, colorsFor(process.stdout)));
    if (result.status === 'awaiting_approval') {
      const answer = stack.again(`run approve ${id}`);
      console.error(`not passed yet: persons are asked, and have not decided. ${answer}; then check again`);
    }
    if (result.error)
      console.error(`error: ${result.error.message}${result.error.fix ? `\nfix: ${result.error.fix}` : ''}`);
    return exitCode(result, target.onInconclusive);
  });
}
