import { parseInput } from '../../schema/contracts/parse-input.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { parseColumnMap } from './column-map.ts';
import { describePush } from './describe-push.ts';
import { pushFile } from './push-file.ts';
import type { FileFormat } from './read-rows.ts';
import { splitPairs } from './split-pairs.ts';

export interface PushDatasetOptions {
  readonly split?: string;
  readonly map: readonly string[];
  readonly format?: FileFormat;
  readonly labelFromFolder?: boolean;
  readonly owner?: string;
  readonly reason?: string;
  readonly disjoint: readonly string[];
  readonly allowOverlap: readonly string[];
}

/** `dataset push NAME FILE`, where FILE may be a folder of media. */
export async function pushDataset(
  name: string,
  file: string,
  options: PushDatasetOptions,
  global: GlobalOptions,
): Promise<void> {
  const map = parseColumnMap(options.map);
  const split = options.split === undefined ? undefined : parseInput(nameSchema, options.split, '--split');
  const { format, labelFromFolder, owner, reason } = options;
  const input = {
    name,
    file,
    read: { map, split, format, labelFromFolder },
    golden: { owner, reason },
    disjoint: splitPairs(options.disjoint, '--disjoint'),
    allowOverlap: splitPairs(options.allowOverlap, '--allow-overlap'),
  };
  await withStack(global, async (stack) => {
    const info = await pushFile(stack, input);
    console.log(global.json ? JSON.stringify(info) : describePush(info));
  });
}
