import type { AttachmentInfo } from '../schema/contracts/media.ts';
import { SluiceError } from '../schema/errors.ts';
import { apiError } from './api-error.ts';
import type { ClientOptions } from './create-client.ts';
import { retryingFetch } from './retrying-fetch.ts';

/** Images and recordings of a stack, by the SHA-256 of their bytes. */
export interface AttachmentClient {
  /** What is known of it; null when it is not stored. */
  find(sha256: string): Promise<Omit<AttachmentInfo, 'created'> | null>;
  /** Stores the bytes; the same bytes again change nothing. */
  put(input: { sha256: string; mediaType: string; content: Uint8Array<ArrayBuffer> }): Promise<AttachmentInfo>;
  /** @throws {SluiceError} not_found */
  get(sha256: string): Promise<ReadableStream<Uint8Array>>;
}

/** Uploads and downloads, tried again for `retryForMs` like all other calls. */
export function createAttachmentClient(options: ClientOptions): AttachmentClient {
  const send = retryingFetch(options.retryForMs ?? 30_000, options.onRetry);
  const call = async (sha256: string, init: RequestInit): Promise<Response> => {
    const address = `${options.url.replace(/\/$/, '')}/v1/attachments/${sha256}`;
    try {
      return await send(address, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${options.apiKey}` },
      });
    } catch (error) {
      throw new SluiceError({
        code: 'unavailable',
        message: `the Sluice API at ${options.url} cannot be reached: ${reasonOf(error)}`,
        fix: 'Is it running? Run the same command again: what was uploaded is not uploaded twice.',
        cause: error,
      });
    }
  };
  return {
    async find(sha256) {
      const response = await call(sha256, { method: 'HEAD' });
      if (response.status === 404) return null;
      if (!response.ok) throw await apiError(await call(sha256, { method: 'GET' }));
      const { headers } = response;
      return {
        sha256,
        mediaType: headers.get('content-type') ?? '',
        sizeBytes: Number(headers.get('content-length')),
      };
    },
    async put({ sha256, mediaType, content }) {
      const response = await call(sha256, { method: 'PUT', headers: { 'content-type': mediaType }, body: content });
      if (!response.ok) throw await apiError(response);
      return (await response.json()) as AttachmentInfo;
    },
    async get(sha256) {
      const response = await call(sha256, { method: 'GET' });
      if (!response.ok || !response.body) throw await apiError(response);
      return response.body;
    },
  };
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}
