import { describe, expect, it } from 'vitest';
import { MediaLibrary } from '../../activities/media/media-library.ts';
import { resolveMedia } from '../../activities/media/resolve-media.ts';
import { storeMedia } from '../../activities/media/store-media.ts';
import type { AgentAnswer } from '../../schema/contracts/call.ts';
import type { AttachmentStore } from '../../store/attachments/attachment-store.ts';
import { createAttachmentStore } from '../../store/attachments/create-attachment-store.ts';
import { projectId } from '../support/frozen-run.ts';
import { hashOf, randomPng } from '../support/random-media.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();
const attachments = createAttachmentStore(db, null);

/** The real store, counting what is read from it. */
function counted(): AttachmentStore & { reads: number } {
  const store = {
    ...attachments,
    reads: 0,
    get: (...input: Parameters<AttachmentStore['get']>) => {
      store.reads += 1;
      return attachments.get(...input);
    },
  };
  return store;
}

async function stored(bytes: number) {
  const content = randomPng(bytes);
  const sha256 = hashOf(content);
  await attachments.put({ projectId, sha256, mediaType: 'image/png', content });
  return { part: { type: 'image', sha256, mediaType: 'image/png', sizeBytes: bytes, detail: 'low' }, content };
}

describe('media of calls', () => {
  it('hold their bytes for the call and keep what else the part says; the row’s own value is not changed', async () => {
    const { part, content } = await stored(1_200_000);
    const input = { messages: [{ role: 'user', content: [{ type: 'text', text: 'see' }, part] }], n: [1, null] };
    const before = JSON.stringify(input);
    const media = new MediaLibrary(attachments, { cacheBytes: 0 }).of(projectId);
    expect(await resolveMedia(media, input)).toEqual({
      ok: true,
      value: {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'see' },
              { type: 'image', mediaType: 'image/png', detail: 'low', data: content.toString('base64') },
            ],
          },
        ],
        n: [1, null],
      },
    });
    expect(JSON.stringify(input)).toBe(before);
  });

  it('are read once for calls that ask at once, and kept up to the limit: what was asked for last stays', async () => {
    const [a, b, c] = await Promise.all([stored(30_000), stored(30_000), stored(30_000)]);
    const store = counted();
    const library = new MediaLibrary(store, { cacheBytes: 90_000 });
    const media = library.of(projectId);
    await Promise.all(Array.from({ length: 20 }, () => media.resolve(a.part)));
    expect(store.reads).toBe(1);
    await media.resolve(b.part);
    await media.resolve(a.part);
    await media.resolve(c.part);
    expect(library.cachedBytes).toBeLessThanOrEqual(90_000);
    await media.resolve(a.part);
    expect(store.reads).toBe(3);
    await media.resolve(b.part);
    expect(store.reads).toBe(4);
  });

  it('of another project are not to be had', async () => {
    const { part } = await stored(3_000);
    const media = new MediaLibrary(attachments, { cacheBytes: 1_000_000 });
    expect((await resolveMedia(media.of(projectId), part)).ok).toBe(true);
    expect(await resolveMedia(media.of('prj_other'), part)).toMatchObject({
      ok: false,
      answer: { errorClass: 'not_configured', retryable: false },
    });
  });
});

describe('media of answers', () => {
  it('over 1 KB are stored, in the output and in the steps; small ones and what is no media stay as they are', async () => {
    const media = new MediaLibrary(attachments, { cacheBytes: 0 }).of(projectId);
    const large = randomPng(5_000);
    const partOf = (content: Buffer) => ({ type: 'image', mediaType: 'image/png', data: content.toString('base64') });
    const kept = [
      partOf(randomPng(500)),
      { type: 'image', data: 'not base64 !', mediaType: 'image/png' },
      { type: 'image' },
    ];
    const answer: AgentAnswer = {
      ok: true,
      output: [partOf(large), ...kept],
      steps: [
        { tool: { name: 'draw', result: { url: `data:image/png;base64,${large.toString('base64')}`, type: 'image' } } },
      ],
      latencyMs: 5,
    };
    const reference = { type: 'image', mediaType: 'image/png', sha256: hashOf(large), sizeBytes: 5_000 };
    expect(await storeMedia(media, answer)).toEqual({
      ok: true,
      output: [reference, ...kept],
      steps: [{ tool: { name: 'draw', result: reference } }],
      latencyMs: 5,
    });
    expect((await attachments.has(projectId, [hashOf(large)])).size).toBe(1);
  });
});
