import { join, normalize, sep } from 'node:path';
import type { ExampleRow } from '../../schema/contracts/dataset.ts';
import { findMedia, inlineMedia, type MediaPart, mediaReference, replaceMedia } from '../../schema/contracts/media.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { UploadedMedia, Uploader } from './create-uploader.ts';
import { fileError } from './file-error.ts';
import type { FileRow } from './read-jsonl.ts';

/** Rows whose media may be on their way at once; they leave in the order they came. */
const rowsAhead = 16;

/**
 * Rows as they are pushed: content parts that name a file beside the data (`{type: image, file: cat.png}`), or hold
 * bytes, are uploaded and replaced by references.
 *
 * @param options.folder what the files' names are relative to; files outside of it are refused
 * @throws {SluiceError} naming the line and the file
 */
export async function* attachMedia(
  rows: AsyncIterable<FileRow>,
  options: { file: string; folder: string; uploader: Uploader },
): AsyncGenerator<FileRow> {
  const pending: Promise<FileRow>[] = [];
  for await (const one of rows) {
    const parts = [one.row.input, one.row.expected, one.row.metadata].flatMap((value) => findMedia(value, ''));
    if (parts.length === 0 && pending.length === 0) {
      yield one;
      continue;
    }
    const replaced = attach(one, options);
    // It is waited for in its turn; until then nobody hears of its failure.
    replaced.catch(() => {});
    pending.push(replaced);
    if (pending.length >= rowsAhead) yield await (pending.shift() as Promise<FileRow>);
  }
  for (const replaced of pending) yield await replaced;
}

async function attach(
  { line, row }: FileRow,
  options: { file: string; folder: string; uploader: Uploader },
): Promise<FileRow> {
  const where = { file: options.file, line };
  const found = [
    ...findMedia(row.input, 'input'),
    ...findMedia(row.expected, 'expected'),
    ...findMedia(row.metadata, 'metadata'),
  ];
  const replacements = new Map<MediaPart, MediaPart>();
  await Promise.all(
    found.map(async ({ part, path }) => {
      const media = await upload(part, { ...where, path }, options);
      if (media) replacements.set(part, mediaReference(part, media));
    }),
  );
  if (replacements.size === 0) return { line, row };
  const attached: ExampleRow = { ...row, input: replaceMedia(row.input, replacements) };
  if (row.expected !== undefined) attached.expected = replaceMedia(row.expected, replacements);
  if (row.metadata !== undefined) attached.metadata = replaceMedia(row.metadata, replacements);
  return { line, row: attached };
}

/** The bytes of a part, now stored; null when it refers to stored ones already. */
async function upload(
  part: MediaPart,
  where: { file: string; line: number; path: string },
  { folder, uploader }: { folder: string; uploader: Uploader },
): Promise<Omit<UploadedMedia, 'kind'> | null> {
  const place = { file: where.file, line: where.line };
  if (typeof part.file !== 'string') {
    const held = readInline(part, where);
    if (!held) return null;
    return uploader.bytes(
      Buffer.from(held.base64, 'base64'),
      held.mediaType,
      `${where.file} line ${where.line}: ${where.path}`,
    );
  }
  const relative = normalize(part.file);
  if (relative.startsWith('..') || relative.startsWith(sep) || /^[A-Za-z]:/.test(relative)) {
    throw fileError({
      ...place,
      message: `${where.path}: the file "${part.file}" is outside of the folder of the data`,
      fix: 'Name it relative to the data file, in the same folder or below.',
    });
  }
  const media = await uploader.file(join(folder, relative), part.file).catch((error) => {
    if (error instanceof SluiceError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw fileError({
      ...place,
      message: `${where.path}: the file "${part.file}" ${code === 'ENOENT' || code === 'ENOTDIR' ? 'is not there' : `cannot be read (${code ?? message})`}`,
      fix: `Files are looked for relative to the data file, in ${folder}.`,
    });
  });
  if (media?.kind === part.type) return media;
  throw fileError({
    ...place,
    message: `${where.path}: the part says ${part.type}, and the file "${part.file}" is ${media ? media.mediaType : 'neither image nor audio'}, by its first bytes`,
    fix: media ? `Write type: ${media.kind}.` : 'Name an image or a recording.',
  });
}

function readInline(part: MediaPart, where: { file: string; line: number; path: string }) {
  try {
    return inlineMedia(part);
  } catch (error) {
    throw fileError({
      file: where.file,
      line: where.line,
      message: `${where.path}: the ${part.type} part cannot be read: ${(error as Error).message}`,
      fix: 'Write {type, mediaType, data: base64}, or name a file: {type, file}.',
    });
  }
}
