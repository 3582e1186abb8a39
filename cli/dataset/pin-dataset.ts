import { parseInput } from '../../schema/contracts/parse-input.ts';
import { datasetReferenceSchema, pinLabelSchema } from '../../schema/contracts/spec.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `dataset pin NAME@3 --as LABEL`. */
export async function pinDataset(reference: string, as: string, global: GlobalOptions): Promise<void> {
  const dataset = parseInput(datasetReferenceSchema, reference, `dataset "${reference}"`);
  const label = parseInput(pinLabelSchema, as, `--as "${as}"`);
  await withStack(global, async ({ sluice }) => {
    const pin = await sluice.datasets.pin.mutate({ dataset, label });
    if (global.json) return console.log(JSON.stringify(pin));
    const moved = pin.before === null ? '' : `, before ${pin.name}@${pin.before}`;
    console.log(
      pin.before === pin.version
        ? `unchanged: ${pin.name}@${label} is ${pin.name}@${pin.version} already`
        : `${pin.name}@${label} is ${pin.name}@${pin.version} now${moved}`,
    );
  });
}
