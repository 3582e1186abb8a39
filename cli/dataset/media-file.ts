import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isMediaType, type MediaKind } from '../../schema/contracts/media.ts';

/** What a file is, by its first bytes and not by its name; null when it is neither an image nor a recording. */
export async function mediaTypeOf(path: string): Promise<{ kind: MediaKind; mediaType: string } | null> {
  const { fileTypeFromFile } = await import('file-type');
  const found = await fileTypeFromFile(path);
  const mediaType = found?.mime.split(';', 1)[0];
  if (!isMediaType(mediaType)) return null;
  return { kind: mediaType.split('/', 1)[0] as MediaKind, mediaType };
}

/** SHA-256 of a file's bytes, read in pieces. */
export async function hashFile(path: string): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** A file's bytes; null when it has grown beyond `limitBytes`. */
export async function readMedia(path: string, limitBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if ((await stat(path)).size > limitBytes) return null;
  return new Uint8Array(await readFile(path));
}
