import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { createAttachmentStore } from '../../store/attachments/create-attachment-store.ts';
import { s3Objects } from '../../store/attachments/s3-objects.ts';
import { hashOf, randomPng } from '../support/random-media.ts';
import { useTestDatabase } from '../support/test-database.ts';

const projectId = 'prj_default';
const { db } = await useTestDatabase();

/** A bucket that keeps objects in memory and takes only signed requests whose body has the hash they were signed with. */
const objects = new Map<string, { type: string | undefined; body: Buffer }>();
const seen: string[] = [];
let failures: number[] = [];
let silence: 'at once' | 'half way' | null = null;
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { authorization = '', 'x-amz-content-sha256': hash } = request.headers;
  seen.push(`${request.method} ${request.url}`);
  const failure = failures.shift();
  if (failure) return response.writeHead(failure).end('<Error><Code>SlowDown</Code></Error>');
  const signed =
    /^AWS4-HMAC-SHA256 Credential=KEYID\/\d{8}\/eu-test-1\/s3\/aws4_request, SignedHeaders=\S*x-amz-content-sha256\S*, Signature=[0-9a-f]{64}$/;
  if (!signed.test(authorization)) return response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
  if (request.method === 'PUT') {
    if (hash !== hashOf(body))
      return response.writeHead(400).end('<Error><Code>XAmzContentSHA256Mismatch</Code></Error>');
    objects.set(request.url ?? '', { type: request.headers['content-type'], body });
    return response.end();
  }
  const object = objects.get(request.url ?? '');
  if (object && silence === 'at once') return;
  if (object && silence === 'half way') return response.write(object.body.subarray(0, object.body.length / 2));
  return object ? response.end(object.body) : response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const options = {
  bucket: 'media',
  prefix: 'sluice/',
  region: 'eu-test-1',
  endpoint,
  accessKeyId: 'KEYID',
  secretAccessKey: 'very-secret',
};
const store = createAttachmentStore(db, s3Objects(options));
const patienceMs = 400;
const impatient = createAttachmentStore(db, s3Objects({ ...options, timeoutMs: patienceMs }));

async function read(sha256: string, from = store): Promise<Buffer> {
  const found = await from.get(projectId, sha256);
  const chunks: Uint8Array[] = [];
  for await (const chunk of found?.content ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('attachments in a bucket', () => {
  it('are put there once, signed, and read back; Postgres keeps only what they are', async () => {
    const content = randomPng(1_500_000);
    const sha256 = hashOf(content);
    expect(await store.put({ projectId, sha256, mediaType: 'image/png', content })).toMatchObject({ created: true });
    expect(await store.put({ projectId, sha256, mediaType: 'image/png', content })).toMatchObject({ created: false });
    const key = `/media/sluice/${projectId}/${sha256}`;
    expect(seen.filter((request) => request.includes(sha256))).toEqual([`PUT ${key}`]);
    expect(objects.get(key)).toEqual({ type: 'image/png', body: content });
    expect(hashOf(await read(sha256))).toBe(sha256);
    const row = await db.selectFrom('attachment').selectAll().where('sha256', '=', sha256).executeTakeFirst();
    expect(row).toMatchObject({ content: null, size_bytes: content.length, media_type: 'image/png' });
    expect(await store.has(projectId, [sha256, 'x'])).toEqual(
      new Map([[sha256, { sha256, mediaType: 'image/png', sizeBytes: content.length }]]),
    );
  });

  it('are read by slow readers too: the time a reader takes is not the bucket’s', async () => {
    const content = randomPng(20_000_000);
    const sha256 = hashOf(content);
    await store.put({ projectId, sha256, mediaType: 'image/png', content });
    const found = await impatient.get(projectId, sha256);
    const chunks: Uint8Array[] = [];
    for await (const chunk of found?.content ?? []) {
      if (chunks.length < 3) await setTimeout(patienceMs);
      chunks.push(chunk);
    }
    expect(hashOf(Buffer.concat(chunks))).toBe(sha256);
  });

  it.each([
    ['at once', 'no answer within 0.4 s'],
    ['half way', 'nothing more within 0.4 s'],
  ] as const)('of a bucket that falls silent %s are given up, for another try', async (when, says) => {
    const content = randomPng(50_000);
    const sha256 = hashOf(content);
    await store.put({ projectId, sha256, mediaType: 'image/png', content });
    silence = when;
    await expect(read(sha256, impatient)).rejects.toMatchObject({
      code: 'unavailable',
      message: `the object store for attachments (bucket "media" at ${endpoint}) did not take a GET: ${says}`,
    });
    silence = null;
  });

  it('that were stored in Postgres before are still read from there', async () => {
    const content = randomPng(2_500_000);
    const sha256 = hashOf(content);
    await createAttachmentStore(db, null).put({ projectId, sha256, mediaType: 'image/png', content });
    expect(hashOf(await read(sha256))).toBe(sha256);
  });

  it('are sent again while the bucket is overloaded', async () => {
    failures = [503, 500];
    const content = randomPng(5_000);
    const sha256 = hashOf(content);
    await store.put({ projectId, sha256, mediaType: 'image/png', content });
    expect(seen.filter((request) => request.includes(sha256))).toHaveLength(3);
  });

  it('of a bucket that refuses are refused with its reason and what to check, without the secret', async () => {
    const wrong = createAttachmentStore(db, s3Objects({ ...options, accessKeyId: 'OTHER' }));
    const content = randomPng(5_000);
    const error = await wrong
      .put({ projectId, sha256: hashOf(content), mediaType: 'image/png', content })
      .catch((reason: unknown) => reason as Error & { fix: string });
    expect(error).toMatchObject({
      code: 'internal',
      message: `the object store for attachments (bucket "media" at ${endpoint}) did not take a PUT: 403 AccessDenied`,
      fix: expect.stringContaining('SLUICE_ATTACHMENTS_URL'),
    });
    expect(JSON.stringify(error)).not.toContain('very-secret');
    expect((await wrong.has(projectId, [hashOf(content)])).size).toBe(0);
  });

  it('are told as such by a process that has no bucket configured', async () => {
    const content = randomPng(5_000);
    const sha256 = hashOf(content);
    await store.put({ projectId, sha256, mediaType: 'image/png', content });
    await expect(read(sha256, createAttachmentStore(db, null))).rejects.toThrow(
      `attachment ${sha256} is in an object store, and this process has none configured`,
    );
  });
});
