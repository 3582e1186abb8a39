import { toSluiceError } from '../../client/to-sluice-error.ts';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import { SluiceError } from '../../schema/errors.ts';
import { colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { PlanOptions } from './plan-spec.ts';
import { renderRolloutPlan } from './render-rollout-plan.ts';

/** `plan FILE` of a rollout. */
export async function planRollout(
  { rollout, file }: { rollout: RolloutSpec; file: string },
  options: PlanOptions,
  global: GlobalOptions,
): Promise<void> {
  const alien = options.limit !== undefined ? '--limit' : options.effect !== undefined ? '--effect' : null;
  if (alien !== null) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${alien} is for experiments, and ${file} is a ${rollout.kind}`,
      fix: 'Leave it away.',
    });
  }
  await withStack(global, async (stack) => {
    const preview = await stack.sluice.runs.planRollout.mutate({ spec: rollout }).catch(async (error) => {
      const { placeError } = await import('../spec/place-error.ts');
      throw placeError(toSluiceError(error, stack.url), file, undefined);
    });
    if (global.json) console.log(JSON.stringify(preview));
    else console.log(await renderRolloutPlan(preview, colorsFor(process.stdout)));
  });
}
