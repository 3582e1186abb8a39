import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { attendStarted } from './attend-started.ts';

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
      say(
        answer.changed
          ? `${id} may cost $${answer.maxCostUsd} now; ${left(answer)} are left, and it goes on`
          : `unchanged: the budget of ${id} is $${answer.maxCostUsd} already`,
      );
    }
    return attendStarted(stack, id, { watch, json: global.json });
  });
}

function left(answer: { left: number; leftScores: number }): string {
  const scores = answer.leftScores > 0 ? `${formatCount(answer.leftScores)} scores` : '';
  const trials = answer.left > 0 || scores === '' ? `${formatCount(answer.left)} trials` : '';
  return [trials, scores].filter(Boolean).join(' and ');
}
