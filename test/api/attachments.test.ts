import { describe, expect, it } from 'vitest';
import { pushDataset } from '../support/push-dataset.ts';
import { hashOf, randomPng } from '../support/random-media.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack({ workers: 0 });
const image = randomPng(3_000_000);
const hash = hashOf(image);

function send(path: string, init: RequestInit & { role?: keyof typeof stack.keys } = {}) {
  const { role = 'engineer', ...rest } = init;
  return fetch(`${stack.url}/v1/attachments${path}`, {
    ...rest,
    headers: { authorization: `Bearer ${stack.keys[role]}`, ...(rest.headers as Record<string, string>) },
  });
}
const png = { 'content-type': 'image/png' };
const errorOf = async (response: Response) =>
  ((await response.json()) as { error: { message: string; data: { sluice: { code: string; fix?: string } } } }).error;

describe('an attachment', () => {
  it('is taken once, however often and however it is sent, and given back byte for byte', async () => {
    const first = await send('', { method: 'POST', body: new Uint8Array(image), headers: png });
    expect(first.status).toBe(201);
    const info = { sha256: hash, mediaType: 'image/png', sizeBytes: image.length };
    expect(await first.json()).toEqual({ ...info, created: true });
    const again = await Promise.all(
      ['', `/${hash}`, ''].map((path) => send(path, { method: 'PUT', body: new Uint8Array(image), headers: png })),
    );
    for (const response of again) expect(await response.json()).toEqual({ ...info, created: false });

    const given = await send(`/${hash}`, { role: 'viewer' });
    expect(Object.fromEntries(given.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': `${image.length}`,
      etag: `"${hash}"`,
      'x-content-type-options': 'nosniff',
    });
    expect(hashOf(new Uint8Array(await given.arrayBuffer()))).toBe(hash);
    const head = await send(`/${hash}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, `${image.length}`]);
    expect((await send(`/${hash}`, { headers: { 'if-none-match': `"${hash}"` } })).status).toBe(304);
  });

  it('uploaded fifty times at once is stored once', async () => {
    const one = randomPng(100_000);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => send('', { method: 'POST', body: new Uint8Array(one), headers: png })),
    );
    const infos = (await Promise.all(answers.map((answer) => answer.json()))) as { created: boolean }[];
    expect(infos.filter((info) => info.created)).toHaveLength(1);
  });

  it('over 25 MB is refused with the limit and what to do', async () => {
    const response = await send('', { method: 'POST', body: new Uint8Array(26_214_401), headers: png });
    expect(response.status).toBe(413);
    const error = await errorOf(response);
    expect(error.message).toBe('the attachment has 26214401 bytes, at most 26214400 are accepted');
    expect(error.data.sluice.fix).toContain('SLUICE_ATTACHMENTS_LIMIT_BYTES');
  });

  it('over 25 MB whose size is not told is cut off at the limit', async () => {
    let left = 30;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        left -= 1;
        if (left >= 0) controller.enqueue(new Uint8Array(1_048_576));
        else controller.close();
      },
    });
    const response = await send('', { method: 'POST', body, headers: png, duplex: 'half' } as RequestInit);
    expect((await errorOf(response)).message).toContain('more than 26214400 bytes, at most 26214400');
  });

  it.each([
    ['that is empty', '', new Uint8Array(0), png, 'is empty (0 bytes)'],
    [
      'of another type',
      '',
      new Uint8Array(9),
      { 'content-type': 'text/html' },
      'found "text/html", expected image/… or audio/…',
    ],
    ['under a wrong hash', `/${'0'.repeat(64)}`, new Uint8Array(9), png, `the request says ${'0'.repeat(64)}`],
    ['under no hash', '/cat.png', new Uint8Array(9), png, '"cat.png" is not a SHA-256'],
  ])('%s is refused with what was found and expected', async (_what, path, body, headers, message) => {
    const response = await send(path, { method: 'PUT', body, headers: headers as Record<string, string> });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).message).toContain(message);
  });

  it('needs a key: an engineer’s to be stored, a viewer’s to be read', async () => {
    expect((await fetch(`${stack.url}/v1/attachments/${hash}`)).status).toBe(401);
    const refused = await send('', { method: 'POST', body: new Uint8Array(9), headers: png, role: 'viewer' });
    expect([refused.status, (await errorOf(refused)).data.sluice.code]).toEqual([403, 'forbidden']);
    const missing = await send(`/${'1'.repeat(64)}`);
    expect([missing.status, (await errorOf(missing)).message]).toEqual([
      404,
      `there is no attachment ${'1'.repeat(64)}`,
    ]);
  });
});

describe('rows that hold or name media', () => {
  it('are stored with references, the same however the media came', async () => {
    const data = image.toString('base64');
    const reference = { type: 'image', mediaType: 'image/png', sha256: hash, sizeBytes: image.length, detail: 'low' };
    const versions = [
      [{ type: 'image', mediaType: 'image/png', data, detail: 'low' }],
      [{ type: 'image', url: `data:image/png;base64,${data}`, detail: 'low' }],
      [{ type: 'image', sha256: hash, detail: 'low' }],
    ];
    for (const [index, input] of versions.entries()) {
      const info = await pushDataset(stack.sluice, 'same', [{ id: 'a', input }]);
      expect([info.version, info.created]).toEqual([1, index === 0]);
    }
    const [row] = await stack.sluice.datasets.readRows.query({ dataset: 'same', after: -1 });
    expect(row?.input).toEqual([reference]);
  });

  it.each([
    ['refer to what is not stored', { type: 'image', sha256: 'e'.repeat(64) }, 'which is not stored'],
    ['name a file', { type: 'image', file: 'cat.png' }, 'names the file "cat.png", which the API cannot read'],
    ['are not base64', { type: 'audio', mediaType: 'audio/wav', data: 'ä' }, 'its data is not base64'],
    ['say no type', { type: 'image', data: 'AAAA' }, 'it says no mediaType, expected image/…'],
    ['say two types', { type: 'image', mediaType: 'audio/wav', data: 'AAAA' }, 'expected the same of both'],
  ])('that %s are refused with the row and the part', async (_what, part, message) => {
    const rows = [{ input: 'fine' }, { input: [{ type: 'text', text: 'x' }, part] }];
    const refused = pushDataset(stack.sluice, 'refused', rows);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(/^row 2: input\[1\]: the (image|audio) part/);
  });
});
