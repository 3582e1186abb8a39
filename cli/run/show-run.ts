import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { expandSpec } from './expand-spec.ts';
import { pinnedLines } from './pinned-lines.ts';
import { printResult } from './print-result.ts';

/** `run get ID`, and `run show ID --spec`, which prints the spec with every default written out. */
export async function showRun(id: string, options: { spec?: boolean }, global: GlobalOptions): Promise<void> {
  await withStack(global, async (stack) => {
    if (!options.spec) return printResult(stack, await stack.sluice.runs.get.query({ id }), global);
    const { spec, plan, planHash } = await stack.sluice.runs.spec.query({ id });
    if ((plan as { kind: string }).kind === 'rollout') {
      const { showRolloutSpec } = await import('../rollout/show-rollout-spec.ts');
      return showRolloutSpec({ id, spec, plan, planHash }, global);
    }
    const expanded = expandSpec(spec, plan);
    if (global.json) return console.log(JSON.stringify({ spec: expanded, plan, planHash }));
    const { stringify } = await import('yaml');
    const limit = plan.limit === null ? '' : `\n# --limit ${plan.limit}`;
    const pinned = pinnedLines(plan).map((line) => `\n# ${line}`);
    process.stdout.write(`# ${id}, planHash ${planHash}${limit}${pinned.join('')}\n${stringify(expanded)}`);
  });
}
