import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { attendStarted } from './attend-started.ts';
import { exitCodes } from './exit-code.ts';

export interface RaiseBudgetOptions {
  readonly maxCostUsd: number;
  readonly reason?: string;
  readonly watch?: boolean;
}

/** `run budget ID --max-cost-usd USD`. The same cap again changes nothing. @returns the exit code */
export async function raiseBudget(id: string, options: RaiseBudgetOptions, global: GlobalOptions): Promise<number> {
  return withStack(global, async (stack) => {
    const { maxCostUsd, reason, watch } = options;
    const answer = await stack.sluice.runs.raiseBudget.mutate({ id, maxCostUsd, ...(reason ? { reason } : {}) });
    if (global.json && !watch) console.log(JSON.stringify(answer));
    const say = global.json ? console.error : console.log;
    if (!global.json || watch) {
      say(sentence(id, answer));
    }
    if (answer.changed && hasEnded(answer.status) && !watch) return exitCodes.done;
    return attendStarted(stack, id, { watch, json: global.json });
  });
}

/** Raised, and not set going: what failed is made again only when asked for. */
function hasEnded(status: string): boolean {
  return status === 'completed' || status === 'failed';
}

function sentence(
  id: string,
  answer: { changed: boolean; status: string; maxCostUsd: number; left: number; leftScores: number },
): string {
  const { changed, status, maxCostUsd } = answer;
  if (!changed) return `unchanged: the budget of ${id} is $${maxCostUsd} already`;
  return hasEnded(status)
    ? `${id} may cost $${maxCostUsd} now; it is ${status}: what failed is made again by \`sluice run retry ${id}\``
    : `${id} may cost $${maxCostUsd} now; ${left(answer)} are left, and it goes on`;
}

function left(answer: { left: number; leftScores: number }): string {
  const scores = answer.leftScores > 0 ? `${formatCount(answer.leftScores)} scores` : '';
  const trials = answer.left > 0 || scores === '' ? `${formatCount(answer.left)} trials` : '';
  return [trials, scores].filter(Boolean).join(' and ');
}
