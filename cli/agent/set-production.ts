import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `agent set-production NAME VERSION --reason TEXT`. The version that is there already changes nothing. */
export async function setProduction(
  agent: string,
  version: number,
  { reason }: { reason: string },
  global: GlobalOptions,
): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.agents.setProduction.mutate({ agent, version, reason });
    if (global.json) return console.log(JSON.stringify(answer));
    const before = answer.previous === null ? '' : `, before ${answer.previous}`;
    console.log(
      answer.changed
        ? `${agent}: production is version ${version} now${before}`
        : `unchanged: version ${version} of ${agent} is in production already`,
    );
  });
}
