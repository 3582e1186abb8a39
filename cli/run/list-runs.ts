import type { RunStatus } from '../../schema/contracts/words.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `run list`: the newest runs. */
export async function listRuns(
  options: { name?: string; status?: RunStatus; tag?: string; limit?: number },
  global: GlobalOptions,
): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const runs = await sluice.runs.list.query(options);
    await printRows(runs, global, {
      none: 'no runs yet: `sluice run start FILE`',
      columns: {
        id: (run) => run.id,
        name: (run) => run.name,
        status: (run) => run.status,
        verdict: (run) => run.verdict ?? '',
        tags: (run) => run.tags.join(', '),
        created: (run) => run.createdAt.slice(0, 19).replace('T', ' '),
      },
    });
  });
}
