import { toSluiceError } from '../../client/to-sluice-error.ts';
import type { ByMetric } from '../by-metric.ts';
import { colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { renderPlan } from './render-plan.ts';

export interface PlanOptions {
  readonly limit?: number;
  readonly effect?: ByMetric;
}

/** `plan FILE`: pushes the data file that the spec names, if it does, as a start would, and shows what would run. */
export async function planSpec(file: string, options: PlanOptions, global: GlobalOptions): Promise<void> {
  const { readAnySpec } = await import('../spec/read-spec.ts');
  const read = await readAnySpec(file);
  if ('rollout' in read) {
    const { planRollout } = await import('./plan-rollout.ts');
    return planRollout(read, options, global);
  }
  const { spec, dataset, path } = read;
  await withStack(global, async (stack) => {
    const place = async (error: unknown) => {
      const { placeError } = await import('../spec/place-error.ts');
      throw placeError(toSluiceError(error, stack.url), file, dataset);
    };
    if (dataset) {
      const { pushSpecDataset } = await import('../spec/spec-dataset.ts');
      const { describePush } = await import('../dataset/describe-push.ts');
      const { reference, info } = await pushSpecDataset(stack, dataset, path).catch(place);
      spec.dataset = reference;
      console.error(describePush(info));
    }
    const { limit, effect: effects } = options;
    const preview = await stack.sluice.runs.plan.mutate({ spec, limit, effects }).catch(place);
    if (global.json) console.log(JSON.stringify(preview));
    else console.log(await renderPlan(preview, colorsFor(process.stdout)));
  });
}
