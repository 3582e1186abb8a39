import type { ExampleRow } from '../../../schema/contracts/dataset.ts';
import {
  type FoundMedia,
  findMedia,
  inlineMedia,
  isSha256,
  type MediaPart,
  mediaLimits,
  mediaReference,
  replaceMedia,
} from '../../../schema/contracts/media.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { sha256 } from '../../../schema/ids.ts';
import type { SignedContext } from '../../context.ts';

/**
 * Rows as they are stored: media that stand in them become attachments, references to attachments are completed with
 * media type and size, so that the same media make the same content however they were sent.
 * @param options.first The number of the first row, for messages.
 * @throws {SluiceError} invalid_input naming the row and the part, for media that cannot be read or are not stored
 */
export async function storeRowMedia(
  ctx: SignedContext,
  rows: readonly ExampleRow[],
  options: { first: number },
): Promise<ExampleRow[]> {
  const { projectId } = ctx.principal;
  const found = rows.map((row, index) => ({ row: options.first + index, media: mediaOf(row) }));
  const named = found.flatMap(({ media }) => media.flatMap(({ part }) => (isSha256(part.sha256) ? [part.sha256] : [])));
  const known = await ctx.attachments.has(projectId, [...new Set(named)]);
  const replacements = new Map<MediaPart, MediaPart>();
  for (const { row, media } of found) {
    for (const { part, path } of media) {
      const held = readInline(part, `row ${row}: ${path}`);
      if (held) {
        const hash = sha256(held.content);
        const stored = await ctx.attachments.put({ projectId, sha256: hash, ...held });
        replacements.set(part, mediaReference(part, { ...stored, mediaType: held.mediaType }));
        continue;
      }
      const stored = isSha256(part.sha256) ? known.get(part.sha256) : undefined;
      if (!stored) throw notThere(part, `row ${row}: ${path}`);
      const mediaType = typeof part.mediaType === 'string' ? part.mediaType : stored.mediaType;
      replacements.set(part, mediaReference(part, { ...stored, mediaType }));
    }
  }
  if (replacements.size === 0) return [...rows];
  return rows.map((row) => ({
    ...row,
    input: replaceMedia(row.input, replacements),
    ...(row.expected === undefined ? {} : { expected: replaceMedia(row.expected, replacements) }),
    ...(row.metadata === undefined ? {} : { metadata: replaceMedia(row.metadata, replacements) }),
  }));
}

function mediaOf(row: ExampleRow): FoundMedia[] {
  return [
    ...findMedia(row.input, 'input'),
    ...findMedia(row.expected, 'expected'),
    ...findMedia(row.metadata, 'metadata'),
  ];
}

function readInline(part: MediaPart, where: string): { content: Buffer; mediaType: string } | null {
  let held: ReturnType<typeof inlineMedia>;
  try {
    held = inlineMedia(part);
  } catch (error) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${where}: the ${part.type} part cannot be read: ${(error as Error).message}`,
      fix: 'Write {type, mediaType, data: base64}, or upload it and refer to it by sha256. Nothing was changed.',
    });
  }
  if (!held) return null;
  const content = Buffer.from(held.base64, 'base64');
  if (content.byteLength <= mediaLimits.attachmentBytes) return { content, mediaType: held.mediaType };
  throw new SluiceError({
    code: 'too_large',
    message: `${where}: the ${part.type} has ${content.byteLength} bytes, at most ${mediaLimits.attachmentBytes} are accepted`,
    fix: 'Make it smaller. Nothing was changed.',
  });
}

function notThere(part: MediaPart, where: string): SluiceError {
  if (typeof part.file === 'string' && part.sha256 === undefined) {
    return new SluiceError({
      code: 'invalid_input',
      message: `${where}: the ${part.type} part names the file "${part.file}", which the API cannot read`,
      fix: 'Push with `sluice dataset push`, which uploads files; or upload it to /v1/attachments and refer to it by sha256.',
    });
  }
  const stored = isSha256(part.sha256) ? 'which is not stored' : 'which is not a SHA-256 (64 lower-case hex digits)';
  return new SluiceError({
    code: 'invalid_input',
    message: `${where}: the ${part.type} part refers to attachment "${String(part.sha256).slice(0, 80)}", ${stored}`,
    fix: 'Upload it first: POST /v1/attachments tells its sha256. Nothing was changed.',
  });
}
