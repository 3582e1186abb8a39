import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { useGateway } from './use-gateway.ts';

const gateway = useGateway({ evaluators: [{ name: 'judge', sample: 1 }] });

test('judges of live answers get what was asked and answered, streamed or not, without the media', async () => {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(20_000)}` } };
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] }];
  for (const [unit, stream] of [
    ['asks-whole', false],
    ['asks-streamed', true],
  ] as const) {
    await (await gateway.chat(unit, { body: { messages, stream } })).arrayBuffer();
    const kept = await eventually(() =>
      gateway.database.db.selectFrom('live_answer').selectAll().where('unit', '=', unit).executeTakeFirst(),
    );
    expect(kept).toMatchObject({ kind: 'live', output: `I am ${kept.variant}` });
    expect(JSON.stringify(kept.input)).toContain('What is it?');
    expect(JSON.stringify(kept.input)).toContain('characters of media left out');
  }
});
