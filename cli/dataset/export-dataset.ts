import { createWriteStream, mkdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { typedIn } from '../../config/invocation.ts';
import type { DatasetVersionDetail, StoredRow } from '../../schema/contracts/dataset.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { datasetReferenceSchema, parseDatasetReference } from '../../schema/contracts/spec.ts';
import { SluiceError } from '../../schema/errors.ts';
import { type Stack, withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { csvWriter } from './csv-writer.ts';
import { createMediaSaver, type MediaSaver } from './save-media.ts';

export interface ExportOptions {
  readonly format?: 'jsonl' | 'csv';
  readonly out?: string;
  /** Folder that media are downloaded into. */
  readonly media?: string;
}

/**
 * `dataset export NAME[@version][#split]`: one page of rows at a time. Pushed again, what is written makes the same
 * content hash. A file appears when it is whole.
 */
export async function exportDataset(reference: string, options: ExportOptions, global: GlobalOptions): Promise<void> {
  const dataset = parseInput(datasetReferenceSchema, reference, `dataset "${reference}"`);
  if (global.json && options.out === undefined) {
    throw new SluiceError({
      code: 'invalid_input',
      message: '--json says what was exported on stdout, where the rows would go too',
      fix: 'Name a file: --out FILE. Rows are JSON lines by default, with or without --json.',
    });
  }
  const path = options.out === undefined ? undefined : resolve(typedIn(), options.out);
  const format = options.format ?? (path !== undefined && extname(path).toLowerCase() === '.csv' ? 'csv' : 'jsonl');
  await withStack(global, async (stack) => {
    const detail = await stack.sluice.datasets.get.query({ dataset });
    const { split } = parseDatasetReference(dataset);
    // The number, so that a push in between changes nothing.
    const frozen = `${detail.name}@${detail.version}${split === null ? '' : `#${split}`}`;
    const saver = options.media === undefined ? null : createMediaSaver(stack, resolve(typedIn(), options.media));
    const count = { rows: 0 };
    const text = Readable.from(lines(stack, { frozen, format, detail, saver, count }));
    if (path === undefined) await pipeline(text, process.stdout as Writable, { end: false }).catch(unlessClosed);
    else await writeWhole(path, text);
    await saver?.done();
    const { name, version, contentHash } = detail;
    const info = { dataset: name, version, split, rows: count.rows, contentHash, out: path ?? null, ...saver?.counts };
    if (global.json) console.log(JSON.stringify(info));
    else {
      const media = saver ? `, ${formatCount(saver.counts.media)} media` : '';
      console.error(`exported ${frozen}: ${formatCount(count.rows)} examples${media}`);
    }
  });
}

async function* lines(
  { sluice }: Pick<Stack, 'sluice'>,
  input: {
    frozen: string;
    format: 'jsonl' | 'csv';
    detail: DatasetVersionDetail;
    saver: MediaSaver | null;
    count: { rows: number };
  },
): AsyncGenerator<string> {
  const csv = input.format === 'csv' ? csvWriter(input.detail.textOnly) : null;
  if (csv) yield csv.header;
  let after = -1;
  for (;;) {
    const rows: StoredRow[] = await sluice.datasets.readRows.query({ dataset: input.frozen, after });
    const last = rows.at(-1);
    if (!last) return;
    after = last.ordinal;
    for (const { ordinal: _ordinal, ...row } of rows) {
      await input.saver?.save(row);
      input.count.rows += 1;
      yield csv ? csv.line(row) : `${JSON.stringify(row)}\n`;
    }
  }
}

async function writeWhole(path: string, text: Readable): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.part`;
  try {
    await pipeline(text, createWriteStream(unfinished));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** `| head` has read enough. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
