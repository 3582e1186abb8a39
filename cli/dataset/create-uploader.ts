import { createHash } from 'node:crypto';
import type { AttachmentClient } from '../../client/attachment-client.ts';
import type { MediaKind } from '../../schema/contracts/media.ts';
import { SluiceError } from '../../schema/errors.ts';
import { hashFile, mediaTypeOf, readMedia } from './media-file.ts';

/** What stands in a row in the place of the bytes. */
export interface UploadedMedia {
  kind: MediaKind;
  sha256: string;
  mediaType: string;
  sizeBytes: number;
}

export interface Uploader {
  /** Uploads a file unless the stack has its bytes; null when it is neither image nor audio. The same path is read once. */
  file(path: string, shown: string): Promise<UploadedMedia | null>;
  bytes(content: Buffer, mediaType: string, shown: string): Promise<Omit<UploadedMedia, 'kind'>>;
  readonly counts: { readonly uploaded: number; readonly there: number };
}

const atOnce = 4;
/** More than any stack may be told to take. */
const mostBytes = 999_999_999;

/** Uploads media, four at a time. What is there already is not sent again, so a push that broke off goes on where it was. */
export function createUploader(
  attachments: () => Promise<AttachmentClient>,
  onProgress: (counts: Uploader['counts']) => void,
): Uploader {
  const counts = { uploaded: 0, there: 0 };
  const files = new Map<string, Promise<UploadedMedia | null>>();
  const places = createPlaces(atOnce);

  const send = async (
    media: { sha256: string; mediaType: string; sizeBytes: number },
    shown: string,
    read: () => Promise<Uint8Array<ArrayBuffer> | null>,
  ): Promise<void> => {
    const client = await attachments();
    if (await client.find(media.sha256)) counts.there += 1;
    else {
      const content = await read();
      if (!content) throw tooLarge(shown, media.sizeBytes);
      await client.put({ ...media, content }).catch((error) => {
        throw named(error, shown);
      });
      counts.uploaded += 1;
    }
    onProgress(counts);
  };

  return {
    counts,
    file(path, shown) {
      const known = files.get(path);
      if (known) return known;
      const uploading = places.use(async () => {
        const type = await mediaTypeOf(path);
        if (!type) return null;
        const media = { ...type, ...(await hashFile(path)) };
        await send(media, shown, () => readMedia(path, mostBytes));
        return media;
      });
      files.set(path, uploading);
      return uploading;
    },
    bytes: (content, mediaType, shown) =>
      places.use(async () => {
        const media = {
          sha256: createHash('sha256').update(content).digest('hex'),
          mediaType,
          sizeBytes: content.byteLength,
        };
        await send(media, shown, async () => new Uint8Array(content));
        return media;
      }),
  };
}

function createPlaces(count: number) {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async use<T>(work: () => Promise<T>): Promise<T> {
      if (free > 0) free -= 1;
      else await new Promise<void>((enter) => waiting.push(enter));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}

function tooLarge(shown: string, bytes: number): SluiceError {
  return new SluiceError({
    code: 'too_large',
    message: `${shown}: the file has ${bytes} bytes, at most ${mostBytes} can be uploaded`,
    fix: 'Make it smaller.',
  });
}

/** The API does not know what the file is called. */
function named(error: unknown, shown: string): unknown {
  if (!(error instanceof SluiceError)) return error;
  const { code, message, fix, details } = error;
  return new SluiceError({ code, message: `${shown}: ${message}`, details, ...(fix ? { fix } : {}), cause: error });
}
