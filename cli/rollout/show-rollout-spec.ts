import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { GlobalOptions } from '../global-options.ts';
import { expandRollout, frozenLines } from './expand-rollout.ts';

/** `run show ID --spec` of a rollout. @param run As `runs.spec` answers; its types are those of experiments. */
export async function showRolloutSpec(
  run: { id: string; spec: unknown; plan: unknown; planHash: string },
  global: GlobalOptions,
): Promise<void> {
  const plan = run.plan as RolloutPlan;
  const spec = expandRollout(run.spec as RolloutSpec, plan);
  if (global.json) return console.log(JSON.stringify({ spec, plan, planHash: run.planHash }));
  const { stringify } = await import('yaml');
  const frozen = frozenLines(plan).map((line) => `\n# ${line}`);
  process.stdout.write(`# ${run.id}, planHash ${run.planHash}${frozen.join('')}\n${stringify(spec)}`);
}
