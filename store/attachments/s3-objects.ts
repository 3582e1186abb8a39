import { AwsClient } from 'aws4fetch';
import { SluiceError } from '../../schema/errors.ts';
import type { ObjectStore } from './attachment-store.ts';

/** A bucket of S3 or of anything that speaks its protocol. */
export interface S3Options {
  bucket: string;
  /** Put before every key; '' or ends with '/'. */
  prefix: string;
  region: string;
  /** Of another server than AWS, which is then addressed by path; null = AWS. */
  endpoint: string | null;
  accessKeyId: string;
  secretAccessKey: string;
  /**
   * How long to wait for an answer, and for each further piece of one. However long the reader of the pieces takes.
   * @default 60000
   */
  timeoutMs?: number;
}

/** Requests that fail in a way that may pass are repeated so often, with growing distance (50 ms, 100 ms, …). */
const retries = 5;

/** Objects in an S3-compatible store, each request signed with SigV4. */
export function s3Objects(options: S3Options): ObjectStore {
  const { bucket, prefix, region, accessKeyId, secretAccessKey, timeoutMs = 60_000 } = options;
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries });
  const base =
    options.endpoint === null
      ? `https://${bucket}.s3.${region}.amazonaws.com`
      : `${options.endpoint.replace(/\/+$/, '')}/${bucket}`;
  const send = async (key: string, init: RequestInit & { method: string }): Promise<Answer> => {
    const url = `${base}/${`${prefix}${key}`.split('/').map(encodeURIComponent).join('/')}`;
    const giveUp = new AbortController();
    const within: Within = async (work, what) => {
      const timer = setTimeout(() => giveUp.abort(new Error(`${what} within ${timeoutMs / 1_000} s`)), timeoutMs);
      try {
        return await work();
      } catch (error) {
        throw refused(options, { method: init.method, reason: whyUnreached(error), passes: true, cause: error });
      } finally {
        clearTimeout(timer);
      }
    };
    const response = await within(() => client.fetch(url, { ...init, signal: giveUp.signal }), 'no answer');
    return { response, within };
  };
  return {
    async put(key, { sha256, mediaType, content }) {
      const { response, within } = await send(key, {
        method: 'PUT',
        // With the hash of the bytes signed, the store checks what arrives.
        headers: { 'content-type': mediaType, 'x-amz-content-sha256': sha256 },
        // A view of a larger buffer would be signed as a whole.
        body: content.slice() as Uint8Array<ArrayBuffer>,
      });
      if (!response.ok) throw refused(options, { method: 'PUT', ...(await answerOf(response, within)) });
      await response.body?.cancel();
    },
    async get(key) {
      const { response, within } = await send(key, { method: 'GET' });
      if (response.ok) return response.body && piecesOf(response.body, within);
      if (response.status === 404) {
        await response.body?.cancel();
        return null;
      }
      throw refused(options, { method: 'GET', ...(await answerOf(response, within)) });
    },
  };
}

/** Awaits the store, for so long; what it says is wrong otherwise: `no answer`. */
type Within = <T>(work: () => Promise<T>, what: string) => Promise<T>;

interface Answer {
  response: Response;
  within: Within;
}

/** Each piece has its time, and none runs while the reader is busy with the one before. */
async function* piecesOf(body: ReadableStream<Uint8Array>, within: Within): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(() => reader.read(), 'nothing more');
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** `403 AccessDenied`. Only the code is told: the rest of such an answer may repeat what was signed. */
async function answerOf(response: Response, within: Within): Promise<{ reason: string; passes: boolean }> {
  const text = await within(() => response.text(), 'nothing more').catch(() => '');
  const code = /<Code>([\w.-]{1,100})<\/Code>/.exec(text.slice(0, 10_000))?.[1];
  return { reason: `${response.status}${code ? ` ${code}` : ''}`, passes: response.status >= 500 };
}

function whyUnreached(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}

/** `unavailable` may pass and is worth another try; what the store says no to is not. */
function refused(
  { bucket, endpoint }: S3Options,
  why: { method: string | undefined; reason: string; passes: boolean; cause?: unknown },
): SluiceError {
  const place = `bucket "${bucket}"${endpoint === null ? '' : ` at ${endpoint}`}`;
  return new SluiceError({
    code: why.passes ? 'unavailable' : 'internal',
    message: `the object store for attachments (${place}) did not take a ${why.method}: ${why.reason}`,
    fix: 'Check SLUICE_ATTACHMENTS_URL and the endpoint, region and keys beside it (SLUICE_ATTACHMENTS_…).',
    cause: why.cause,
  });
}
