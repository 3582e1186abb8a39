import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `agent list`. */
export async function listAgents(global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    await printRows(await sluice.agents.list.query(), global, {
      none: 'no agents yet: `sluice agent push FILE`',
      columns: {
        agent: (agent) => agent.name,
        newest: (agent) => String(agent.latestVersion),
        production: (agent) => String(agent.productionVersion ?? ''),
        created: (agent) => agent.createdAt.slice(0, 10),
      },
    });
  });
}
