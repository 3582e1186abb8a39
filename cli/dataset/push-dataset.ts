import { parseInput } from '../../schema/contracts/parse-input.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { parseColumnMap } from './column-map.ts';
import { describePush } from './describe-push.ts';
import { pushFile } from './push-file.ts';
import type { FileFormat } from './read-rows.ts';

export interface PushDatasetOptions {
  readonly split?: string;
  readonly map: readonly string[];
  readonly format?: FileFormat;
}

/** `dataset push NAME FILE`. */
export async function pushDataset(
  name: string,
  file: string,
  options: PushDatasetOptions,
  global: GlobalOptions,
): Promise<void> {
  const map = parseColumnMap(options.map);
  const split = options.split === undefined ? undefined : parseInput(nameSchema, options.split, '--split');
  await withStack(global, async ({ sluice }) => {
    const info = await pushFile(sluice, { name, file, read: { map, split, format: options.format } });
    console.log(global.json ? JSON.stringify(info) : describePush(info));
  });
}
