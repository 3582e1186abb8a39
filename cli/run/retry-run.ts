import { SluiceError } from '../../schema/errors.ts';
import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { attendStarted } from './attend-started.ts';
import { exitCodes } from './exit-code.ts';

export interface RetryOptions {
  readonly failed?: boolean;
  readonly missing?: boolean;
  readonly reason?: string;
  readonly watch?: boolean;
}

/** `run retry ID`: makes failed trials again. Nothing to make again is no error. @returns the exit code */
export async function retryRun(id: string, options: RetryOptions, global: GlobalOptions): Promise<number> {
  const { failed, missing, reason, watch } = options;
  if (failed && missing) {
    throw new SluiceError({
      code: 'invalid_input',
      message: '--failed and --missing were both given: --failed has what is missing in it',
      fix: 'Give one of them.',
    });
  }
  return withStack(global, async (stack) => {
    const answer = await stack.sluice.runs.retry.mutate({
      id,
      only: missing ? 'missing' : 'all_failed',
      ...(reason ? { reason } : {}),
    });
    if (global.json && !watch) console.log(JSON.stringify(answer));
    if (!global.json || watch) (global.json ? console.error : console.log)(sentence(answer));
    if (!answer.changed && answer.status !== 'running' && answer.status !== 'queued') return exitCodes.done;
    return attendStarted(stack, id, { watch, json: global.json });
  });
}

function sentence(answer: {
  id: string;
  status: string;
  changed: boolean;
  trials: number;
  scores: number;
  left: number;
}): string {
  const { id, status, changed, trials, scores, left } = answer;
  if (!changed) {
    return status === 'completed' || status === 'failed'
      ? `nothing to retry: no trial and no score of ${id} failed`
      : `unchanged: ${id} is ${status}; failed trials are made again once it has ended`;
  }
  const parts = [
    trials > 0 ? `${formatCount(trials)} failed trials are made again` : '',
    scores > 0 ? `${formatCount(scores)} scores are judged again` : '',
    left > 0 ? `${formatCount(left)} trials that were not run follow` : '',
  ].filter(Boolean);
  return `${id} goes on${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
