import { expect, test } from 'vitest';
import { callsOf, useGateway } from './use-gateway.ts';

const tool = (name: string) => ({ type: 'function', function: { name, parameters: {} } });
const gateway = useGateway({
  config: (url, version) => ({
    adapter: 'openai',
    baseUrl: url,
    model: `large-${version}`,
    headers: { 'x-team': 'blue' },
    prompt: { system: `You are version ${version}.` },
    parameters: { temperature: 0 },
    tools: [tool('look_up')],
    prices: { inputPerMillionUsd: 1, outputPerMillionUsd: 10 },
  }),
});

test("a version decides about model, parameters, system prompt and tools; all else is the caller's", async () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
  const messages = [
    { role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] },
    { role: 'assistant', content: 'A cat.' },
    { role: 'user', content: 'Sure?' },
  ];
  await gateway.chat(gateway.units.candidate, {
    body: { messages, temperature: 1, max_tokens: 7, seed: 3, tools: [tool('look_up'), tool('refund')] },
  });
  const asked = gateway.candidate.asked.at(-1);
  expect(asked?.body).toEqual({
    model: 'large-2',
    messages: [{ role: 'system', content: 'You are version 2.' }, ...messages],
    temperature: 0,
    max_tokens: 7,
    seed: 3,
    tools: [tool('look_up'), tool('refund')],
  });
  expect(asked?.headers).toMatchObject({ 'x-team': 'blue' });
  // The caller's key is for Sluice alone.
  expect(asked?.headers.authorization).toBeUndefined();
});

test('what a call cost is known from its tokens and the prices of the version', async () => {
  const text = await (await gateway.chat('priced', { body: { stream: true } })).text();
  expect(text).toContain('[DONE]');
  const [call] = await callsOf(gateway, 'priced', 1);
  expect(call?.cost_usd).toBeCloseTo(0.003, 10);
});
