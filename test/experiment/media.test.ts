import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { createAttachmentClient } from '../../client/attachment-client.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { completion, startStubCompletions } from '../agents/stub-completions.ts';
import { untilFinal } from '../support/follow-run.ts';
import { pushDataset } from '../support/push-dataset.ts';
import { hashOf, randomPng, randomWav } from '../support/random-media.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
const attachments = createAttachmentClient({ url: stack.url, apiKey: stack.keys.engineer });
const megabytes = 1_048_576;

/** An agent that answers with a picture, and remembers the hashes of what it was sent. */
const picture = randomPng(2 * megabytes);
const received: string[] = [];
const painter = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const { input } = JSON.parse(text) as { input: { data: string }[] };
  received.push(hashOf(Buffer.from(input[1]?.data ?? '', 'base64')));
  const part = { type: 'image', mediaType: 'image/png', data: picture.toString('base64') };
  const body = JSON.stringify({ output: { says: 'a cat', shows: [part] } });
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}).listen(0, '127.0.0.1');
await once(painter, 'listening');
const painterUrl = `http://127.0.0.1:${(painter.address() as AddressInfo).port}`;
const model = await startStubCompletions();
afterAll(async () => {
  await model.close();
  painter.close();
});

const media = [
  { type: 'image', mediaType: 'image/png', content: randomPng(5 * megabytes) },
  { type: 'audio', mediaType: 'audio/wav', content: randomWav(5 * megabytes) },
  { type: 'image', mediaType: 'image/png', content: randomPng(5 * megabytes) },
];

interface SentPart {
  image_url?: { url: string };
  input_audio?: { data: string };
}

async function startOver(name: string, inputs: Json[]) {
  await pushDataset(
    stack.sluice,
    name,
    inputs.map((input, index) => ({ id: `m${index}`, input, expected: 'a cat' })),
    1,
  );
  return stack.sluice.runs.start.mutate({
    spec: {
      kind: 'experiment',
      name,
      dataset: name,
      variants: {
        control: { adapter: 'openai', baseUrl: model.url, model: 'stub-1' },
        candidate: { adapter: 'http', url: painterUrl, maxResponseBytes: 20 * megabytes },
      },
      repetitions: 2,
      evaluators: [{ type: 'contains', name: 'seen', value: 'cat' }],
    },
  });
}

describe('an experiment over images and recordings of 5 MB', () => {
  it('sends agents their exact bytes; rows hold references, and no history event is over 64 KiB', async () => {
    model.answers((response) => completion(response, { content: 'a cat' }));
    const inputs = await Promise.all(
      media.map(async ({ type, mediaType, content }, index): Promise<Json> => {
        const words = { type: 'text', text: 'What is it?' };
        // One is sent within the row itself, as a program may do; the API takes it out.
        if (index === 2) return [words, { type, mediaType, data: content.toString('base64') }];
        const sha256 = hashOf(content);
        await attachments.put({ sha256, mediaType, content: new Uint8Array(content) });
        return [words, { type, sha256 }];
      }),
    );
    const { id } = await startOver('pictures', inputs);
    const run = await untilFinal(stack.sluice, id);
    expect(run).toMatchObject({ status: 'completed', counts: { planned: 12, succeeded: 12 } });

    const hashes = media.map(({ content }) => hashOf(content)).sort();
    const sentToModel = model.asked.map(({ body }) => {
      const parts = (body.messages[0]?.content ?? []) as SentPart[];
      const data = parts[1]?.input_audio?.data ?? parts[1]?.image_url?.url.split(',')[1] ?? '';
      return hashOf(Buffer.from(data, 'base64'));
    });
    const twice = [...hashes, ...hashes].sort();
    expect(sentToModel.sort()).toEqual(twice);
    expect([...received].sort()).toEqual(twice);

    const { rows } = await sql<{ output: Json; bytes: number }>`
      select output, octet_length(to_jsonb(trial)::text) as bytes from trial
      where run_id = ${id} and variant = 'candidate'`.execute(stack.db);
    const reference = { type: 'image', mediaType: 'image/png', sha256: hashOf(picture), sizeBytes: picture.length };
    for (const row of rows) {
      expect(row.output).toEqual({ says: 'a cat', shows: [reference] });
      expect(row.bytes).toBeLessThan(4_096);
    }
    const { rows: sizes } = await sql<{ bytes: number }>`
      select max(octet_length(to_jsonb(example_revision)::text)) as bytes from example_revision`.execute(stack.db);
    expect(sizes[0]?.bytes).toBeLessThan(4_096);
    const { rows: kept } = await sql<{ count: number }>`select count(*) as count from attachment`.execute(stack.db);
    expect(kept[0]?.count).toBe(4);

    const { events } = await stack.temporal.workflow.getHandle(`exp/${id}`).fetchHistory();
    const eventBytes = (events ?? []).map((event) => Buffer.byteLength(JSON.stringify(event)));
    console.log(`history: ${eventBytes.length} events, the largest ${Math.max(...eventBytes)} bytes of JSON`);
    expect(Math.max(...eventBytes)).toBeLessThan(65_536);
  });

  it('whose attachment is gone ends with rows that say so, by the platform’s fault, and calls nobody', async () => {
    const content = randomPng(5_000);
    const sha256 = hashOf(content);
    await attachments.put({ sha256, mediaType: 'image/png', content: new Uint8Array(content) });
    await pushDataset(stack.sluice, 'gone', [{ id: 'g', input: [{ type: 'image', sha256 }] }]);
    await stack.db.deleteFrom('attachment').where('sha256', '=', sha256).execute();
    const asked = model.asked.length;
    const agent = { adapter: 'openai', baseUrl: model.url, model: 'stub-1' } as const;
    const { id } = await stack.sluice.runs.start.mutate({
      spec: { kind: 'experiment', name: 'gone', dataset: 'gone', variants: { control: agent, candidate: agent } },
    });
    const run = await untilFinal(stack.sluice, id);
    expect(run.counts).toMatchObject({ planned: 2, missing: 2 });
    const trials = await stack.db.selectFrom('trial').selectAll().where('run_id', '=', id).execute();
    for (const trial of trials) {
      expect(trial).toMatchObject({ error_class: 'not_configured', caused_by: 'platform', attempts: 0 });
      expect(trial.error_message).toContain(`attachment ${sha256}, which is not stored. Push the dataset again`);
    }
    expect(model.asked.length).toBe(asked);
  });
});
