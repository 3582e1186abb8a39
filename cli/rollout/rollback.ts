import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `rollback AGENT`. */
export async function rollback(agent: string, options: { reason: string }, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.agents.rollback.mutate({ agent, ...options });
    if (global.json) return console.log(JSON.stringify(answer));
    const { from, to, endedRun } = answer;
    console.log(
      from === to
        ? `${agent}: all units get version ${to}`
        : `${agent}: version ${to} is in production again, after ${from}`,
    );
    if (endedRun !== null) console.log(`ended ${endedRun}`);
  });
}
