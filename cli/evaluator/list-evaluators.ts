import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `evaluator list`. */
export async function listEvaluators(global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    await printRows(await sluice.evaluators.list.query(), global, {
      none: 'no evaluators yet: `sluice evaluator push FILE`, or declare them in a spec',
      columns: {
        evaluator: (evaluator) => evaluator.name,
        newest: (evaluator) => String(evaluator.latestVersion),
        type: (evaluator) => evaluator.type,
        created: (evaluator) => evaluator.createdAt.slice(0, 10),
      },
    });
  });
}
