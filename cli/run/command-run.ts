import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `run pause|resume|abort ID`; `run abort` takes the id of a scoring, too. The same command again changes nothing. */
export async function commandRun(
  verb: 'pause' | 'resume' | 'abort',
  id: string,
  options: { reason?: string },
  global: GlobalOptions,
): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.runs[verb].mutate({ id, reason: options.reason });
    if (global.json) console.log(JSON.stringify(answer));
    else console.log(answer.changed ? `${id} is ${answer.status} now` : `unchanged: ${id} is ${answer.status} already`);
  });
}
