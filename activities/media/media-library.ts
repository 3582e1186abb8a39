import pRetry from 'p-retry';
import type { Json } from '../../schema/contracts/json.ts';
import {
  findMedia,
  inlineMedia,
  isSha256,
  type MediaPart,
  mediaLimits,
  mediaReference,
  replaceMedia,
} from '../../schema/contracts/media.ts';
import { SluiceError } from '../../schema/errors.ts';
import { sha256 } from '../../schema/ids.ts';
import type { AttachmentStore } from '../../store/attachments/attachment-store.ts';
import { mayPass } from '../lanes/until-stored.ts';

/** Media of one project, between rows (which refer to them) and calls (which hold them). */
export interface ProjectMedia {
  /**
   * The value with every reference to an attachment replaced by its bytes, `{type, mediaType, data: base64}`. For one
   * call: what it returns is never stored.
   * @throws {SluiceError} not_found naming an attachment that is not stored
   */
  resolve(value: Json): Promise<Json>;
  /** The value with media of more than 1 KB stored and replaced by references. Parts that cannot be read stay. */
  store(value: Json): Promise<Json>;
}

/**
 * Reads and stores media for the worker. What calls asked for last is kept, as base64, up to `cacheBytes`: variants
 * and repetitions ask for the same bytes one after the other.
 */
export class MediaLibrary {
  readonly #attachments: AttachmentStore;
  readonly #cacheBytes: number;
  /** In the order of their last use. */
  readonly #cached = new Map<string, string>();
  readonly #loading = new Map<string, Promise<string>>();
  #bytes = 0;

  constructor(attachments: AttachmentStore, options: { cacheBytes: number }) {
    this.#attachments = attachments;
    this.#cacheBytes = options.cacheBytes;
  }

  /** Bytes of base64 that are kept now. */
  get cachedBytes(): number {
    return this.#bytes;
  }

  of(projectId: string): ProjectMedia {
    return {
      resolve: async (value) => {
        const replacements = new Map<MediaPart, Json>();
        for (const { part } of findMedia(value, '')) {
          if (!isSha256(part.sha256) || typeof part.data === 'string') continue;
          const { sha256: hash, sizeBytes: _sizeBytes, ...rest } = part;
          replacements.set(part, { ...rest, data: await this.#load(projectId, hash as string) });
        }
        return replaceMedia(value, replacements);
      },
      store: async (value) => {
        const replacements = new Map<MediaPart, Json>();
        for (const { part } of findMedia(value, '')) {
          const media = readInline(part);
          if (!media || media.content.byteLength <= mediaLimits.inlineBytes) continue;
          const { content, mediaType } = media;
          const hash = sha256(content);
          await throughOutages(() => this.#attachments.put({ projectId, sha256: hash, mediaType, content }));
          replacements.set(part, mediaReference(part, { sha256: hash, mediaType, sizeBytes: content.byteLength }));
        }
        return replaceMedia(value, replacements);
      },
    };
  }

  async #load(projectId: string, hash: string): Promise<string> {
    const key = `${projectId}/${hash}`;
    const cached = this.#cached.get(key);
    if (cached !== undefined) {
      this.#cached.delete(key);
      this.#cached.set(key, cached);
      return cached;
    }
    const loading =
      this.#loading.get(key) ??
      throughOutages(() => this.#read(projectId, hash)).finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    const data = await loading;
    if (!this.#cached.has(key)) this.#keep(key, data);
    return data;
  }

  async #read(projectId: string, hash: string): Promise<string> {
    const found = await this.#attachments.get(projectId, hash);
    if (!found) {
      throw new SluiceError({
        code: 'not_found',
        message: `the input refers to attachment ${hash}, which is not stored`,
        fix: 'Push the dataset again from the files: media that are not there are uploaded.',
      });
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of found.content) pieces.push(piece);
    return Buffer.concat(pieces).toString('base64');
  }

  #keep(key: string, data: string): void {
    if (data.length > this.#cacheBytes) return;
    this.#cached.set(key, data);
    this.#bytes += data.length;
    for (const [oldest, { length }] of this.#cached) {
      if (this.#bytes <= this.#cacheBytes) return;
      this.#cached.delete(oldest);
      this.#bytes -= length;
    }
  }
}

function readInline(part: MediaPart): { content: Buffer; mediaType: string } | null {
  try {
    const media = inlineMedia(part);
    return media && { content: Buffer.from(media.base64, 'base64'), mediaType: media.mediaType };
  } catch {
    // Not media after all: an agent may answer what it likes, and it is judged as it is.
    return null;
  }
}

/** Waits for a database or an object store that is away; what they refuse is told at once. */
function throughOutages<T>(work: () => Promise<T>): Promise<T> {
  return pRetry(work, {
    retries: 1_000,
    minTimeout: 50,
    maxTimeout: 1_000,
    factor: 1.5,
    maxRetryTime: 600_000,
    shouldRetry: ({ error }) => (error instanceof SluiceError ? error.code === 'unavailable' : mayPass(error)),
  });
}
