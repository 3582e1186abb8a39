import { dirname } from 'node:path';
import {
  type DatasetVersionInfo,
  datasetLimits,
  type ExampleRow,
  type SplitPair,
} from '../../schema/contracts/dataset.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import type { Stack } from '../connect.ts';
import { findFolder } from '../files/find-folder.ts';
import { requireFile } from '../files/require-file.ts';
import { formatCount } from '../format/format-count.ts';
import { createLiveLine } from '../live-line.ts';
import { addGolden } from './add-golden.ts';
import { attachMedia } from './attach-media.ts';
import { createUploader, type Uploader } from './create-uploader.ts';
import { type ReadOptions, readRows } from './read-rows.ts';

const rowsPerChunk = 500;
const bytesPerChunk = 8_388_608;
const chunksInFlight = 3;
const quietMs = 2_000;
const everyMs = 5_000;

/** What became of a push; `media` where rows had any. */
export interface PushResult extends DatasetVersionInfo {
  media?: { uploaded: number; there: number };
}

export interface PushInput {
  name: string;
  /** A JSONL or CSV file, or a folder of images and recordings. */
  file: string;
  /** What a relative `file` is relative to. @default where the user typed */
  folder?: string;
  read: ReadOptions;
  /** Owner and reason of golden cases that have none of their own. */
  golden?: { owner?: string | undefined; reason?: string | undefined };
  disjoint?: SplitPair[];
  allowOverlap?: SplitPair[];
}

/**
 * Pushes a file as the next version of a dataset. Media that it names or holds are uploaded; rows are staged in chunks
 * and appear all at once at the end, so a mistake anywhere in the file leaves no version behind.
 *
 * @throws {SluiceError} naming the line
 */
export async function pushFile(
  { sluice, attachments }: Pick<Stack, 'sluice' | 'attachments'>,
  input: PushInput,
): Promise<PushResult> {
  const name = parseInput(nameSchema, input.name, `dataset name "${input.name}"`);
  const folder = findFolder(input.file, input.folder);
  const source =
    folder === undefined ? requireFile(input.file, input.folder) : { folder, shown: input.file.replace(/\/+$/, '') };
  const progress = createProgress(name);
  const uploader = createUploader(attachments, progress.media);
  const inFlight = new Set<Promise<void>>();
  let pushId: string | undefined;
  let chunk: ExampleRow[] = [];
  let chunkBytes = 0;
  let sent = 0;
  let failure: unknown;

  const send = async () => {
    if (chunk.length === 0) return;
    // Opened with the first rows: a file that is refused at once leaves no trace.
    pushId ??= (await sluice.datasets.beginPush.mutate({ name })).pushId;
    const request = sluice.datasets.pushRows
      .mutate({ pushId, ordinal: sent, rows: chunk })
      .catch((error) => {
        failure ??= error;
      })
      .then(() => {
        inFlight.delete(request);
      });
    inFlight.add(request);
    sent += chunk.length;
    chunk = [];
    chunkBytes = 0;
    progress.update(sent);
    if (inFlight.size >= chunksInFlight) await Promise.race(inFlight);
    if (failure !== undefined) throw failure;
  };

  try {
    const golden = input.golden?.owner !== undefined || input.golden?.reason !== undefined;
    const read = readRows(source, input.read);
    const rows = attachMedia(golden ? addGolden(read, input.golden ?? {}) : read, {
      file: source.shown,
      folder: 'folder' in source ? source.folder : dirname(source.path),
      uploader,
    });
    for await (const { line, row } of rows) {
      const bytes = contentBytes(row);
      if (bytes > datasetLimits.exampleBytes) await refuseLarge(source.shown, line, bytes);
      if (chunk.length >= rowsPerChunk || chunkBytes + bytes > bytesPerChunk) await send();
      chunk.push(row);
      chunkBytes += bytes;
    }
    await send();
    await Promise.all(inFlight);
    if (failure !== undefined) throw failure;
    progress.finishing();
    const info = await sluice.datasets.finishPush.mutate({
      pushId: pushId as unknown as string,
      rows: sent,
      ...(input.disjoint?.length ? { disjoint: input.disjoint } : {}),
      ...(input.allowOverlap?.length ? { allowOverlap: input.allowOverlap } : {}),
    });
    const { uploaded, there } = uploader.counts;
    return uploaded + there === 0 ? info : { ...info, media: { uploaded, there } };
  } finally {
    progress.end();
  }
}

/** Bytes of the example as the API counts them: content, without id and splits. */
function contentBytes({ id: _id, splits: _splits, ...content }: ExampleRow): number {
  return Buffer.byteLength(JSON.stringify(content));
}

async function refuseLarge(file: string, line: number, bytes: number): Promise<never> {
  const { fileError } = await import('./file-error.ts');
  throw fileError({
    file,
    line,
    message: `the example has ${formatCount(bytes)} bytes, at most ${formatCount(datasetLimits.exampleBytes)} are accepted`,
    fix: 'Shorten it, or refer to the media instead of holding it.',
    tooLarge: true,
  });
}

/** On stderr, and only when it takes longer than two seconds. */
function createProgress(name: string) {
  const line = createLiveLine(process.stderr);
  const start = Date.now();
  let toldAt = 0;
  const tell = (text: string) => {
    const now = Date.now();
    if (now - start < quietMs) return;
    if (line.live) return line.show(text.slice(0, line.width()));
    if (now - toldAt < everyMs) return;
    toldAt = now;
    line.print(text);
  };
  return {
    media: ({ uploaded, there }: Uploader['counts']) =>
      tell(
        `pushing ${name}: ${formatCount(uploaded)} media uploaded${there > 0 ? `, ${formatCount(there)} were there already` : ''}`,
      ),
    update: (rows: number) => tell(`pushing ${name}: ${formatCount(rows)} examples sent`),
    finishing: () => tell(`pushing ${name}: making the version`),
    end: () => line.clear(),
  };
}
