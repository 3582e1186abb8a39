import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { done, piece, stream } from '../agents/stub-completions.ts';
import { useGateway } from './use-gateway.ts';

const gateway = useGateway();
const messages = [{ role: 'user' as const, content: 'Hello?' }];
const client = (unit: string, options: object = {}) =>
  new OpenAI({
    apiKey: gateway.key,
    baseURL: `${gateway.url}/v1`,
    defaultHeaders: { 'x-sluice-unit': unit },
    ...options,
  });

test('the openai client gets a completion, and the headers that say whose it is', async () => {
  const { data, response } = await client(gateway.units.candidate)
    .chat.completions.create({ model: 'support-bot', messages })
    .withResponse();
  expect(data.choices[0]?.message.content).toBe('I am candidate');
  expect(data.usage?.total_tokens).toBe(1_200);
  expect(response.headers.get('x-sluice-variant')).toBe('candidate');
});

test('the unit may be the `user` of the call', async () => {
  const openai = new OpenAI({ apiKey: gateway.key, baseURL: `${gateway.url}/v1` });
  const { response } = await openai.chat.completions
    .create({ model: 'support-bot', messages, user: gateway.units.candidate })
    .withResponse();
  expect(response.headers.get('x-sluice-variant')).toBe('candidate');
});

test('the openai client reads a stream to its end, with the usage when it asks for it', async () => {
  const pieces = [];
  for await (const chunk of await client(gateway.units.candidate).chat.completions.create({
    model: 'support-bot',
    messages,
    stream: true,
  })) {
    pieces.push(chunk.choices[0]?.delta.content ?? '');
  }
  expect(pieces.join('')).toBe('I am candidate');
  const told = [];
  for await (const chunk of await client(gateway.units.control).chat.completions.create({
    model: 'support-bot',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })) {
    if (chunk.usage) told.push(chunk.usage.prompt_tokens);
  }
  expect(told).toEqual([1_000]);
  const runner = client(gateway.units.control).chat.completions.stream({ model: 'support-bot', messages });
  expect(await runner.finalContent()).toBe('I am control');
});

test('when the candidate breaks off after its first token, the openai client throws what happened, and nobody else is asked', async () => {
  gateway.candidate.answers((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(piece({ role: 'assistant', content: 'I' }), () => response.destroy());
  });
  const before = gateway.control.asked.length;
  const said: string[] = [];
  const read = async () => {
    for await (const chunk of await client(gateway.units.candidate).chat.completions.create({
      model: 'support-bot',
      messages,
      stream: true,
    })) {
      said.push(chunk.choices[0]?.delta.content ?? '');
    }
  };
  await expect(read()).rejects.toThrow(/the agent broke off after \d+ bytes of its answer/);
  expect(said).toEqual(['I']);
  expect(gateway.control.asked.length).toBe(before);
});

test('when the candidate breaks off before its first token, the openai client gets the stream of control', async () => {
  gateway.candidate.answers((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(piece({ role: 'assistant', content: '' }), () => response.destroy());
  });
  const runner = client(gateway.units.candidate).chat.completions.stream({ model: 'support-bot', messages });
  expect(await runner.finalContent()).toBe('I am control');
});

test('tool calls reach the openai client, streamed too', async () => {
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '{"id":1}' } };
  gateway.candidate.answers((response) =>
    stream(response, piece({ role: 'assistant', tool_calls: [call] }) + piece({}, 'tool_calls') + done),
  );
  const runner = client(gateway.units.candidate).chat.completions.stream({ model: 'support-bot', messages });
  const { choices } = await runner.finalChatCompletion();
  expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({ id: 'call_1', function: { name: 'look_up' } });
});

test('errors reach the openai client as its own: an unknown agent, a wrong key, a request that the model refuses', async () => {
  const openai = client('anyone');
  await expect(openai.chat.completions.create({ model: 'suport-bot', messages })).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
    message: expect.stringContaining('support-bot'),
  });
  await expect(
    client('anyone', { apiKey: 'sl_wrong' }).chat.completions.create({ model: 'support-bot', messages }),
  ).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  const refuse = (status: number, error: object) => (response: import('node:http').ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  const tooLong = { message: 'too many tokens', type: 'invalid_request_error', code: 'context_length_exceeded' };
  gateway.candidate.answers(refuse(400, tooLong));
  gateway.control.answers(refuse(400, tooLong));
  await expect(openai.chat.completions.create({ model: 'support-bot', messages })).rejects.toMatchObject({
    status: 400,
    code: 'context_length_exceeded',
  });
});
