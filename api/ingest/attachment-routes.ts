import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type AttachmentInfo, isMediaType, isSha256 } from '../../schema/contracts/media.ts';
import { SluiceError } from '../../schema/errors.ts';
import { sha256 } from '../../schema/ids.ts';
import type { AttachmentStore } from '../../store/attachments/attachment-store.ts';
import type { Principal } from '../../store/keys/find-key.ts';
import { requireRole } from '../require-role.ts';
import { createRoom } from './create-room.ts';
import { readBody } from './read-body.ts';
import { sendError } from './send-error.ts';

export interface AttachmentRoutesOptions {
  attachments: AttachmentStore;
  /** Who asks; null without a valid key. */
  principalOf(request: FastifyRequest): Promise<Principal | null>;
  limitBytes: number;
}

/** Uploads held in memory at once, so that `limitBytes` times this bounds it; others wait, and so do their senders. */
const uploadsAtOnce = 4;

type Named = { Params: { sha256: string } };

/**
 * `POST` or `PUT /v1/attachments` takes an image or a recording as it is, its content-type saying what it is, and tells
 * its SHA-256; the same bytes again are the same attachment. `PUT /v1/attachments/:sha256` checks them against the hash
 * that the sender expects. `GET` and `HEAD /v1/attachments/:sha256` give them back.
 */
export async function attachmentRoutes(app: FastifyInstance, options: AttachmentRoutesOptions): Promise<void> {
  const { attachments, principalOf, limitBytes } = options;
  const room = createRoom(uploadsAtOnce);
  app.setErrorHandler((error, _request, reply) => sendError(error, reply));
  // The body stays a stream: it is counted while it comes, and never parsed.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  const take = async (request: FastifyRequest, expected: string | undefined): Promise<AttachmentInfo> => {
    const { projectId } = requireRole(await principalOf(request), 'engineer');
    const mediaType = mediaTypeOf(request);
    if (expected !== undefined) requireHash(expected);
    return room.use(async () => {
      const content = await readBody(request.body instanceof Readable ? request.body : request.raw, {
        limitBytes,
        declaredBytes: Number(request.headers['content-length'] ?? Number.NaN) || undefined,
        what: 'the attachment',
        fix: 'Send a smaller one, or raise SLUICE_ATTACHMENTS_LIMIT_BYTES of the API.',
      });
      if (content.byteLength === 0) {
        throw new SluiceError({
          code: 'invalid_input',
          message: 'the attachment is empty (0 bytes)',
          fix: 'Send the bytes of the file as the body of the request, e.g. curl --data-binary @cat.png.',
        });
      }
      const hash = sha256(content);
      if (expected !== undefined && expected !== hash) {
        throw new SluiceError({
          code: 'invalid_input',
          message: `the bytes that came have the SHA-256 ${hash}, the request says ${expected}`,
          fix: 'Send it again: it was changed on the way, or another file was hashed. Nothing was stored.',
        });
      }
      return attachments.put({ projectId, sha256: hash, mediaType, content });
    });
  };
  app.route({
    method: ['POST', 'PUT'],
    url: '/v1/attachments',
    handler: async (request, reply) => {
      const info = await take(request, undefined);
      return reply.code(info.created ? 201 : 200).send(info);
    },
  });
  app.put<Named>('/v1/attachments/:sha256', async (request, reply) => {
    const info = await take(request, request.params.sha256);
    return reply.code(info.created ? 201 : 200).send(info);
  });
  app.head<Named>('/v1/attachments/:sha256', async (request, reply) => {
    const { projectId } = requireRole(await principalOf(request), 'viewer');
    const hash = requireHash(request.params.sha256);
    const found = (await attachments.has(projectId, [hash])).get(hash);
    if (!found) throw notStored(hash);
    return reply
      .headers({ ...safeHeaders(hash), 'content-type': found.mediaType, 'content-length': found.sizeBytes })
      .send();
  });
  app.get<Named>('/v1/attachments/:sha256', { exposeHeadRoute: false }, async (request, reply) => {
    const { projectId } = requireRole(await principalOf(request), 'viewer');
    const hash = requireHash(request.params.sha256);
    if (request.headers['if-none-match'] === `"${hash}"`) return reply.code(304).send();
    const found = await attachments.get(projectId, hash);
    if (!found) throw notStored(hash);
    return reply
      .headers({ ...safeHeaders(hash), 'content-type': found.mediaType, 'content-length': found.sizeBytes })
      .send(Readable.from(found.content));
  });
}

/** Somebody else's bytes: a browser shows them as what they say they are, and runs nothing in them. */
function safeHeaders(hash: string): Record<string, string> {
  return {
    etag: `"${hash}"`,
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
}

function mediaTypeOf(request: FastifyRequest): string {
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (isMediaType(mediaType)) return mediaType;
  throw new SluiceError({
    code: 'invalid_input',
    message: `content-type: found ${mediaType ? `"${mediaType}"` : 'none'}, expected image/… or audio/…`,
    fix: 'Say what the bytes are, e.g. content-type: image/png.',
  });
}

function requireHash(text: unknown): string {
  if (isSha256(text)) return text;
  throw new SluiceError({
    code: 'invalid_input',
    message: `"${String(text).slice(0, 80)}" is not a SHA-256, expected 64 lower-case hex digits`,
    fix: 'Name the attachment by the sha256 of its reference.',
  });
}

function notStored(hash: string): SluiceError {
  return new SluiceError({
    code: 'not_found',
    message: `there is no attachment ${hash}`,
    fix: 'Upload it: POST /v1/attachments, or `sluice dataset push` with the file beside the data.',
  });
}
