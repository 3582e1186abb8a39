import { extname } from 'node:path';
import { datasetLimits } from '../../schema/contracts/dataset.ts';
import type { NamedFile } from '../files/require-file.ts';
import type { ColumnMap } from './column-map.ts';
import { fileError } from './file-error.ts';
import type { FileRow } from './read-jsonl.ts';

export const fileFormats = ['jsonl', 'csv'] as const;
export type FileFormat = (typeof fileFormats)[number];

const formats: Record<string, FileFormat> = { '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.csv': 'csv', '.tsv': 'csv' };

export interface ReadOptions {
  readonly map: ColumnMap;
  /** Default: by the file's extension. */
  readonly format?: FileFormat;
  /** Added to the splits of every example. */
  readonly split?: string;
  /** Of a folder of media: the folder a file stands in is its `expected`. */
  readonly labelFromFolder?: boolean;
}

/**
 * The examples of a file, or of a folder of media, one at a time, checked against `datasetLimits` and for ids used twice.
 * @throws {SluiceError} naming the line
 */
export async function* readRows(
  source: NamedFile | { folder: string; shown: string },
  options: ReadOptions,
): AsyncGenerator<FileRow> {
  const rows = await open(source, options);
  const lineOfId = new Map<string, number>();
  let count = 0;
  for await (const { line, row } of rows) {
    count += 1;
    refuseTooMany(source.shown, line, count);
    if (row.id !== undefined) refuseDuplicate(source.shown, line, row.id, lineOfId);
    if (options.split !== undefined) row.splits = [...new Set([...(row.splits ?? []), options.split])];
    yield { line, row };
  }
  if (count === 0) {
    throw fileError({
      file: source.shown,
      line: null,
      message: 'the file has no examples',
      fix: formatOf(source, options) === 'csv' ? 'Only the header was found.' : 'Only blank lines were found.',
    });
  }
}

async function open(
  source: NamedFile | { folder: string; shown: string },
  options: ReadOptions,
): Promise<AsyncIterable<FileRow>> {
  if ('folder' in source) {
    const { readFolder } = await import('./read-folder.ts');
    return readFolder({ path: source.folder, shown: source.shown }, options);
  }
  if (options.labelFromFolder) {
    throw fileError({
      file: source.shown,
      line: null,
      message: '--label-from-folder goes with a folder of media, and this is a file',
      fix: 'Leave it out, or name the folder.',
    });
  }
  const format = formatOf(source, options);
  if (format === 'csv') return (await import('./read-csv.ts')).readCsv(source, options.map);
  if (format === 'jsonl') return (await import('./read-jsonl.ts')).readJsonl(source, options.map);
  throw fileError({
    file: source.shown,
    line: null,
    message: `the format cannot be told from the name, expected .jsonl or .csv`,
    fix: 'Say it: --format jsonl or --format csv.',
  });
}

function formatOf(source: NamedFile | { folder: string; shown: string }, options: ReadOptions): FileFormat | undefined {
  return options.format ?? ('path' in source ? formats[extname(source.path).toLowerCase()] : undefined);
}

function refuseTooMany(file: string, line: number, count: number): void {
  if (count <= datasetLimits.examples) return;
  throw fileError({
    file,
    line,
    message: `more than ${datasetLimits.examples.toLocaleString('en')} examples, the most that one version holds`,
    fix: 'Push a sample, or several datasets.',
    tooLarge: true,
  });
}

function refuseDuplicate(file: string, line: number, id: string, lineOfId: Map<string, number>): void {
  const earlier = lineOfId.get(id);
  if (earlier !== undefined) {
    throw fileError({
      file,
      line,
      message: `the id "${id}" is used twice, in line ${earlier} and in line ${line}`,
      fix: 'Give each example its own id, or leave the column out to have ids made from the content.',
    });
  }
  lineOfId.set(id, line);
}
