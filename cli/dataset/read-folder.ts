import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../schema/contracts/json.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import { requireFile } from '../files/require-file.ts';
import { buildRow, type FileRecord } from './build-row.ts';
import type { ColumnMap } from './column-map.ts';
import { fileError } from './file-error.ts';
import { listMediaFiles, type MediaFile } from './list-media-files.ts';
import type { FileRow } from './read-jsonl.ts';

const metadataFiles = ['metadata.jsonl', 'metadata.csv'];
/** Columns that name the file a row of metadata belongs to. */
const fileColumns = ['file', 'file_name'];

interface FileColumns {
  record: FileRecord;
  line: number;
}

/**
 * The examples of a folder of images and recordings: one for each file, its id the file's name in the folder, its
 * input the file. `metadata.jsonl` or `metadata.csv` in it, with a column `file`, gives the other columns; its `input`
 * is text that goes before the media.
 *
 * @throws {SluiceError} for files that are neither, and for metadata of files that are not there
 */
export async function* readFolder(
  folder: { path: string; shown: string },
  options: { map: ColumnMap; labelFromFolder?: boolean },
): AsyncGenerator<FileRow> {
  const metadata = metadataFiles.find((name) => existsSync(join(folder.path, name)));
  const files = await listMediaFiles(folder.path, folder.shown, metadataFiles);
  const columns = metadata === undefined ? new Map<string, FileColumns>() : await readColumns(folder, metadata, files);
  const shown = `${folder.shown}/${metadata ?? ''}`;
  for (const [index, { name, kind }] of files.entries()) {
    const own = columns.get(name);
    const line = own?.line ?? index + 1;
    const { map } = options;
    const row = buildRow(
      { ...(own && map.input !== undefined && map.input in own.record ? {} : { input: '' }), ...own?.record },
      { file: own ? shown : name, line, map: own ? map : {}, text: metadata?.endsWith('.csv') ?? false },
    );
    row.id ??= name;
    row.input = [...textBefore(row.input, { file: shown, line }), { type: kind, file: name }];
    row.metadata = { file: name, ...row.metadata };
    if (options.labelFromFolder) row.expected ??= labelOf(name, folder.shown);
    yield { line, row };
  }
}

function textBefore(input: Json, where: { file: string; line: number }): Json[] {
  if (input === '' || input === null) return [];
  if (typeof input === 'string') return [{ type: 'text', text: input }];
  if (Array.isArray(input)) return input;
  throw fileError({
    ...where,
    message: `input: expected text that goes before the media, found ${JSON.stringify(input).slice(0, 60)}`,
    fix: 'Write text, or a list of content parts.',
  });
}

function labelOf(name: string, folder: string): string {
  const label = name.split('/').at(-2);
  if (label !== undefined) return label;
  throw fileError({
    file: folder,
    line: null,
    message: `--label-from-folder: "${name}" stands in no folder of its own, so nothing says its label`,
    fix: `Put it into a folder named after its label, e.g. ${folder}/LABEL/${name}; or give it a row with \`expected\` in metadata.csv.`,
  });
}

async function readColumns(
  folder: { path: string; shown: string },
  name: string,
  files: readonly MediaFile[],
): Promise<Map<string, FileColumns>> {
  const file = { ...requireFile(name, folder.path), shown: `${folder.shown}/${name}` };
  const known = new Set(files.map((one) => one.name));
  const columns = new Map<string, FileColumns>();
  const records = name.endsWith('.csv')
    ? (await import('./read-csv.ts')).readCsvRecords(file, fileColumns)
    : (await import('./read-jsonl.ts')).readJsonRecords(file);
  for await (const { line, record } of records) {
    const column = fileColumns.find((one) => one in record);
    const { [column ?? '']: named, ...rest } = record;
    const where = { file: file.shown, line };
    if (typeof named !== 'string' || named === '') {
      throw fileError({
        ...where,
        message: `file: ${named === undefined ? 'is missing' : `found ${JSON.stringify(named).slice(0, 60)}`}, expected the name of a file in ${folder.shown}`,
        fix: 'Each row of metadata says which file it belongs to.',
      });
    }
    const plain = named.replace(/^\.\//, '');
    if (!known.has(plain)) {
      throw fileError({
        ...where,
        message: `file: "${named}" is not in ${folder.shown}${suggest(plain, [...known].slice(0, 5_000)).replace(/^; known:.*/, '')}`,
        fix: 'Add the file, or remove the row.',
      });
    }
    const earlier = columns.get(plain);
    if (earlier) {
      throw fileError({
        ...where,
        message: `file: "${named}" has a row in line ${earlier.line} already`,
        fix: 'Keep one of the two.',
      });
    }
    columns.set(plain, { record: rest, line });
  }
  return columns;
}
