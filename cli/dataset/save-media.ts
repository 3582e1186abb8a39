import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { ExampleRow } from '../../schema/contracts/dataset.ts';
import { findMedia, isSha256 } from '../../schema/contracts/media.ts';
import type { Stack } from '../connect.ts';

export interface MediaSaver {
  /** Downloads the media of a row unless they are in the folder. Waits while four are under way. */
  save(row: ExampleRow): Promise<void>;
  /** Resolves when all are there. */
  done(): Promise<void>;
  readonly counts: { readonly media: number };
}

const atOnce = 4;

/** Saves media into a folder as `<sha256>.<kind>`, e.g. `9f86….png`; what is there already is not loaded again. */
export function createMediaSaver(stack: Pick<Stack, 'attachments'>, folder: string): MediaSaver {
  mkdirSync(folder, { recursive: true });
  const counts = { media: 0 };
  const seen = new Set<string>();
  const underWay = new Set<Promise<void>>();
  let failure: unknown;

  const download = async (sha256: string, path: string): Promise<void> => {
    if (existsSync(path)) return;
    const unfinished = `${path}.part`;
    try {
      const content = await (await stack.attachments()).get(sha256);
      await pipeline(Readable.fromWeb(content as ReadableStream), createWriteStream(unfinished));
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  };
  const check = () => {
    if (failure !== undefined) throw failure;
  };
  return {
    counts,
    async save(row) {
      const media = [row.input, row.expected, row.metadata].flatMap((value) => findMedia(value, ''));
      for (const { part } of media) {
        if (!isSha256(part.sha256) || seen.has(part.sha256)) continue;
        seen.add(part.sha256);
        const path = join(folder, `${part.sha256}.${extensionOf(part.mediaType)}`);
        const one: Promise<void> = download(part.sha256, path)
          .then(() => {
            counts.media += 1;
          })
          .catch((error) => {
            failure ??= error;
          })
          .then(() => {
            underWay.delete(one);
          });
        underWay.add(one);
        if (underWay.size >= atOnce) await Promise.race(underWay);
        check();
      }
    },
    async done() {
      await Promise.all(underWay);
      check();
    },
  };
}

function extensionOf(mediaType: unknown): string {
  const kind = String(mediaType).split('/')[1] ?? 'bin';
  return { jpeg: 'jpg', mpeg: 'mp3', 'svg+xml': 'svg' }[kind] ?? kind.replace(/^x-/, '').replaceAll(/[^\w]+/g, '-');
}
