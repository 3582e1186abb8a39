import { dirname } from 'node:path';
import { z } from 'zod';
import { parseInput, suggest } from '../../schema/contracts/parse-input.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Stack } from '../connect.ts';
import { columnMap, knownColumns } from '../dataset/column-map.ts';
import { type PushResult, pushFile } from '../dataset/push-file.ts';
import { fileFormats } from '../dataset/read-rows.ts';

/** A data file named in a spec: pushed before the run starts. Not part of the API's contract. */
const specDatasetSchema = z.strictObject({
  /** Relative to the spec's own folder. */
  file: z.string().min(1),
  map: z.partialRecord(z.enum(knownColumns), z.string().min(1)).optional(),
  /** @default the file's name without its extension */
  name: nameSchema.optional(),
  /** Run the examples of this split only. */
  split: nameSchema.optional(),
  format: z.enum(fileFormats).optional(),
});
export type SpecDataset = z.infer<typeof specDatasetSchema> & { name: string };

/**
 * The data file that a spec's `dataset` names, as `./qa.csv` or `{file, map, name, split}`; undefined when it names a
 * stored dataset.
 */
export function readSpecDataset(dataset: unknown, specFile: string): SpecDataset | undefined {
  const named = typeof dataset === 'string' && isPath(dataset) ? { file: dataset } : dataset;
  if (named === null || typeof named !== 'object' || Array.isArray(named)) return undefined;
  const parsed = parseInput(specDatasetSchema, named, `${specFile}: dataset`);
  return { ...parsed, name: parsed.name ?? defaultName(parsed.file, specFile) };
}

/** Pushes it; the same content again makes no version. @returns what stands in the spec then, `name@version[#split]` */
export async function pushSpecDataset(
  stack: Pick<Stack, 'sluice' | 'attachments'>,
  dataset: SpecDataset,
  specPath: string,
): Promise<{ reference: string; info: PushResult }> {
  const info = await pushFile(stack, {
    name: dataset.name,
    file: dataset.file,
    folder: dirname(specPath),
    read: { map: columnMap(Object.entries(dataset.map ?? {})), format: dataset.format },
  });
  const { split } = dataset;
  if (split !== undefined && !(split in info.splits)) {
    const known = Object.keys(info.splits);
    throw new SluiceError({
      code: 'invalid_input',
      message: `dataset.split: ${dataset.file} has no split "${split}"${known.length > 0 ? suggest(split, known) : '; no example names one'}`,
      fix:
        known.length > 0
          ? `Its splits are ${known.join(', ')}.`
          : 'Leave `split` out to use all examples, or add a column `split`.',
    });
  }
  return { reference: `${info.name}@${info.version}${split === undefined ? '' : `#${split}`}`, info };
}

function isPath(text: string): boolean {
  return /^(\.{1,2})?\//.test(text) || /\.(csv|tsv|jsonl|ndjson)$/i.test(text);
}

function defaultName(file: string, specFile: string): string {
  const name = (file.split(/[\\/]/).at(-1) ?? '').replace(/\.[^.]*$/, '').replaceAll(/[^A-Za-z0-9_.-]+/g, '-');
  const usable = nameSchema.safeParse(name);
  if (usable.success) return usable.data;
  throw new SluiceError({
    code: 'invalid_input',
    message: `${specFile}: dataset: no name can be made of the file name "${file}"`,
    fix: 'Give one: dataset: { file: …, name: NAME }.',
  });
}
