import type { RunResult } from '../../schema/contracts/result.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { colorsFor } from '../colors.ts';
import type { Stack } from '../connect.ts';

/** Prints a result: for a person, or with `json` as one line, the last on stdout. Why it could not finish goes to stderr. */
export async function printResult(stack: Stack, result: RunResult, { json }: { json: boolean }): Promise<void> {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else if (result.kind === 'rollout') {
    const { renderRollout } = await import('../rollout/render-rollout.ts');
    const width = process.stdout.isTTY === true ? process.stdout.columns || 80 : 160;
    process.stdout.write(`${renderRollout(result, { width, colors: colorsFor(process.stdout) })}\n`);
  } else {
    const { renderResult } = await import('./render-result.ts');
    const { loadChanges } = await import('./load-changes.ts');
    const terminal = process.stdout.isTTY === true;
    const changes = isFinal(result.status) ? await loadChanges(stack.sluice, result) : [];
    const text = await renderResult(result, {
      width: terminal ? process.stdout.columns || 80 : 160,
      colors: colorsFor(process.stdout),
      changes,
    });
    process.stdout.write(`${text}\n`);
  }
  if (result.error === null) return;
  const colors = colorsFor(process.stderr);
  console.error(`${colors.red('error:')} run ${result.id} ${result.status}: ${result.error.message}`);
  if (result.error.fix) console.error(`${colors.cyan('fix:')} ${result.error.fix}`);
}
