import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agentConfigSchema, type OpenaiAgentConfig } from '../../schema/contracts/agent.ts';
import type { AgentAnswer } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { agentOf, callOf, callOnce } from './agent-call.ts';
import { completion, done, piece, sendJson, startStubCompletions, stream, usagePiece } from './stub-completions.ts';

let stub: Awaited<ReturnType<typeof startStubCompletions>>;
beforeAll(async () => {
  stub = await startStubCompletions();
});
beforeEach(() => {
  stub.asked.length = 0;
  stub.answers((response) => completion(response, {}));
});
afterAll(() => stub.close());

const model = (config: Partial<OpenaiAgentConfig> = {}): OpenaiAgentConfig => ({
  adapter: 'openai',
  baseUrl: stub.url,
  model: 'large-1',
  timeoutMs: 5_000,
  ...config,
});

function failed(answer: AgentAnswer): AgentAnswer & { ok: false } {
  if (answer.ok) throw new Error(`expected a failure, found ${JSON.stringify(answer)}`);
  expect(answer.message.length).toBeLessThanOrEqual(500);
  return answer;
}

describe('what a model is sent', () => {
  it('sends prompt, input, parameters and tools to {baseUrl}/chat/completions', async () => {
    const tool = { type: 'function', function: { name: 'refund', parameters: { type: 'object' } } };
    const config = model({
      baseUrl: `${stub.url}/?api-version=3`,
      prompt: { system: 'Be brief.' },
      parameters: { temperature: 0, seed: 7 },
      tools: [tool],
      response: 'json',
      secret: 'LLM_KEY',
      headers: { 'X-Team': 'search' },
    });
    await callOnce(config, { secrets: { LLM_KEY: 's3cret-value\n' }, call: { input: 'How many?' } });
    expect(stub.asked).toHaveLength(1);
    expect(stub.asked[0]).toMatchObject({
      path: '/v1/chat/completions?api-version=3',
      headers: {
        authorization: 'Bearer s3cret-value',
        'x-team': 'search',
        'idempotency-key': 'trial-1',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    });
    expect(stub.asked[0]?.body).toEqual({
      model: 'large-1',
      temperature: 0,
      seed: 7,
      tools: [tool],
      response_format: { type: 'json_object' },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'How many?' },
      ],
    });
  });

  const user = (content: unknown) => [{ role: 'user', content }];
  it.each<[string, Json, unknown]>([
    ['a text', 'hi', user('hi')],
    ['an object', { question: 'hi' }, user('{"question":"hi"}')],
    ['a number', 7, user('7')],
    ['an empty list', [], user('[]')],
    [
      'a conversation',
      [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'yes?' },
        { role: 'user', content: [{ type: 'image', url: 'https://i.example/a.png' }] },
      ],
      [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'yes?' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://i.example/a.png' } }] },
      ],
    ],
    ['{messages}', { messages: [{ role: 'user', content: 'hi' }] }, user('hi')],
    [
      'content parts',
      [
        { type: 'text', text: 'What is this?' },
        { type: 'image', data: 'aGk=', mediaType: 'image/png', detail: 'low' },
        { type: 'audio', data: 'aGk=', mediaType: 'audio/mpeg' },
        { type: 'audio', data: 'aGk=', format: 'wav' },
        { type: 'file', file: { file_id: 'f1' } },
      ],
      user([
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'low' } },
        { type: 'input_audio', input_audio: { data: 'aGk=', format: 'mp3' } },
        { type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } },
        { type: 'file', file: { file_id: 'f1' } },
      ]),
    ],
  ])('turns %s into messages', async (_, input, messages) => {
    expect(await callOnce(model(), { call: { input } })).toMatchObject({ ok: true });
    expect(stub.asked[0]?.body.messages).toEqual(messages);
  });

  it('does not blame the model for an image that is not there', async () => {
    const answer = failed(await callOnce(model(), { call: { input: [{ type: 'image', sha256: 'abc' }] } }));
    expect(answer.errorClass).toBe('not_configured');
    expect(answer.message).toContain('the input of example e1 cannot be sent');
    expect(answer.message).toContain('part 1 (image) has no `url`, or `data` (base64) and `mediaType`');
    expect(stub.asked).toHaveLength(0);
  });
});

describe('what a model answers', () => {
  it('gives text, model, tokens and what they cost, to the cent', async () => {
    const prices = { inputPerMillionUsd: 2.5, outputPerMillionUsd: 10, dated: '2026-01-31' };
    expect(await callOnce(model({ prices }))).toEqual({
      ok: true,
      output: 'fine',
      model: 'stub-1',
      // 1,000 × 2.5 / 10^6 + 200 × 10 / 10^6
      usage: { inputTokens: 1_000, outputTokens: 200, costUsd: 0.0045 },
      latencyMs: expect.any(Number),
    });
  });

  it('knows no cost without prices', async () => {
    const answer = await callOnce(model());
    expect(answer).toMatchObject({ usage: { inputTokens: 1_000, outputTokens: 200 } });
    expect(answer).not.toHaveProperty('usage.costUsd');
  });

  it('sums to the price list without binary noise', async () => {
    const answers = await callOnce(model({ prices: { inputPerMillionUsd: 0.1, outputPerMillionUsd: 0.7 } }));
    expect(answers).toHaveProperty('usage.costUsd', 0.00024);
  });

  it('takes the price of cached input for what the endpoint had cached', async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 200, prompt_tokens_details: { cached_tokens: 600 } };
    stub.answers((response) => sendJson(response, { choices: [{ message: { content: 'fine' } }], usage }));
    const prices = { inputPerMillionUsd: 2.5, cachedInputPerMillionUsd: 0.25, outputPerMillionUsd: 10 };
    // (400 × 2.5 + 600 × 0.25 + 200 × 10) / 10^6
    expect(await callOnce(model({ prices }))).toHaveProperty('usage.costUsd', 0.00315);
    expect(await callOnce(model({ prices: { inputPerMillionUsd: 2.5, outputPerMillionUsd: 10 } }))).toHaveProperty(
      'usage.costUsd',
      0.0045,
    );
  });

  it('reads JSON where JSON was asked for', async () => {
    stub.answers((response) => completion(response, { content: '{"label": "refund"}' }));
    expect(await callOnce(model({ response: 'json' }))).toMatchObject({ ok: true, output: { label: 'refund' } });
  });

  it('gives tool calls with their arguments, without their random ids', async () => {
    const calls = [
      { id: 'call_x1', type: 'function', function: { name: 'refund', arguments: '{"amount": 3}' } },
      { id: 'call_x2', type: 'function', function: { name: 'close', arguments: '' } },
    ];
    stub.answers((response) => completion(response, { content: null, tool_calls: calls }));
    const toolCalls = [
      { name: 'refund', arguments: { amount: 3 } },
      { name: 'close', arguments: {} },
    ];
    expect(await callOnce(model())).toMatchObject({ ok: true, output: { toolCalls } });
  });

  it('counts each tool call of a model that has tools as a step, and an answer in words as one', async () => {
    const config = model({ tools: [{ type: 'function', function: { name: 'refund' } }] });
    expect(await callOnce(config)).toMatchObject({ steps: [{ output: 'fine' }] });
    const tool_calls = ['a', 'b'].map((id) => ({ function: { name: 'refund', arguments: `{"id":"${id}"}` } }));
    stub.answers((response) => completion(response, { content: null, tool_calls }));
    expect(await callOnce(config)).toMatchObject({
      steps: [
        { tool: { name: 'refund', arguments: { id: 'a' } } },
        { tool: { name: 'refund', arguments: { id: 'b' } } },
      ],
    });
    expect(await callOnce(model())).not.toHaveProperty('steps');
  });

  it.each([
    ['in words', { content: null, refusal: 'I cannot help.' }, 'stop', 'I cannot help.'],
    ['by its filter', { content: null }, 'content_filter', 'content_filter'],
  ])('takes a refusal %s as an answer to be judged', async (_, message, finish_reason, refusal) => {
    stub.answers((response) => completion(response, message, { finish_reason }));
    expect(await callOnce(model({ response: 'json' }))).toMatchObject({ ok: true, output: { refusal } });
  });
});

describe('streams', () => {
  const streaming = (config: Partial<OpenaiAgentConfig> = {}) => callOnce(model({ stream: true, ...config }));

  it('puts pieces together, with the usage of the last', async () => {
    const text = `: keep-alive\n\n${piece({ role: 'assistant' })}${piece({ content: 'fi' })}${piece({ content: 'ne' })}`;
    stub.answers((response) => stream(response, `${text}${piece({}, 'stop')}${usagePiece}${done}`));
    expect(await streaming({ prices: { inputPerMillionUsd: 2.5, outputPerMillionUsd: 10 } })).toMatchObject({
      ok: true,
      output: 'fine',
      model: 'stub-1',
      usage: { inputTokens: 1_000, outputTokens: 200, costUsd: 0.0045 },
    });
    expect(stub.asked[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it('puts tool calls together', async () => {
    const calls = (index: number, call: object) => piece({ tool_calls: [{ index, function: call }] });
    const first = calls(0, { name: 'refund', arguments: '{"am' }) + calls(0, { arguments: 'ount":3}' });
    const text = first + calls(1, { name: 'close', arguments: '{}' }) + piece({}, 'tool_calls') + done;
    stub.answers((response) => stream(response, text));
    expect(await streaming()).toMatchObject({
      output: {
        toolCalls: [
          { name: 'refund', arguments: { amount: 3 } },
          { name: 'close', arguments: {} },
        ],
      },
    });
  });

  it('reads an answer that drips in single bytes, with carriage returns and half characters', async () => {
    const text = (piece({ content: 'naïve ' }) + piece({ content: '🙂' }) + piece({}, 'stop') + done).replaceAll(
      '\n',
      '\r\n',
    );
    stub.answers(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const byte of Buffer.from(text)) {
        await new Promise((sent) => response.write(Buffer.of(byte), sent));
      }
      response.end();
    });
    expect(await streaming()).toMatchObject({ ok: true, output: 'naïve 🙂' });
  });

  it('takes a whole answer although a stream was asked for', async () => {
    expect(await streaming()).toMatchObject({ ok: true, output: 'fine' });
  });

  it('calls a stream whose connection breaks a broken connection that may be tried again', async () => {
    stub.answers((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(piece({ content: 'half' }), () => response.destroy());
    });
    expect(failed(await streaming())).toMatchObject({ errorClass: 'connection_reset', retryable: true });
  });

  it('does not take half a stream that ends politely for an answer', async () => {
    stub.answers((response) => stream(response, `${piece({ content: 'half' })}data: {"choices":[{"del`));
    const answer = failed(await streaming());
    expect(answer).toMatchObject({ errorClass: 'connection_reset', retryable: true });
    expect(answer.message).toContain('its stream ended after 1 pieces, before the end');
  });

  it('gives up on a stream that never ends when timeoutMs is over', async () => {
    stub.answers((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(piece({ content: 'x' })), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(failed(await streaming({ timeoutMs: 200 }))).toMatchObject({ errorClass: 'timeout' });
  });

  it('reads no more of an endless stream than maxResponseBytes', async () => {
    stub.answers((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = () => !response.destroyed && response.write(piece({ content: 'x'.repeat(10_000) }), more);
      more();
    });
    expect(failed(await streaming({ maxResponseBytes: 100_000 })).errorClass).toBe('too_large');
  });

  it.each([
    ['{"error":{"message":"overloaded","type":"server_error"}}', 'server_error', true],
    ['{"error":{"message":"slow down","code":429}}', 'rate_limited', true],
    ['{"error":{"message":"slow down","type":"rate_limit_exceeded"}}', 'rate_limited', true],
    ['{"error":{"message":"bad image","code":400}}', 'client_error', false],
  ])('classifies %s in mid-stream as %s', async (error, errorClass, retryable) => {
    stub.answers((response) => stream(response, `${piece({ content: 'half' })}data: ${error}\n\n${done}`));
    const answer = failed(await streaming());
    expect(answer).toMatchObject({ errorClass, retryable });
    expect(answer.message).toContain(JSON.parse(error).error.message);
  });

  it('calls a piece that is not JSON invalid output', async () => {
    stub.answers((response) => stream(response, `data: {oops}\n\n${done}`));
    const answer = failed(await streaming());
    expect(answer.errorClass).toBe('invalid_output');
    expect(answer.message).toContain('a piece of its stream is not JSON: found "{oops}"');
  });
});

describe('models that fail', () => {
  const prices = { inputPerMillionUsd: 2.5, outputPerMillionUsd: 10 };
  const billed = { inputTokens: 1_000, outputTokens: 200, costUsd: 0.0045 };
  const half = piece({ content: 'half' });

  it.each([
    ['that is not JSON', { content: 'Sure!' }],
    ['that calls a tool with broken arguments', { tool_calls: [{ function: { name: 'f', arguments: '{' } }] }],
  ])('are paid for an answer %s', async (_, message) => {
    stub.answers((response) => completion(response, message));
    const answer = failed(await callOnce(model({ prices, response: 'json' })));
    expect(answer).toMatchObject({ errorClass: 'invalid_output', usage: billed });
  });

  it.each([
    ['ends before it is done', half + usagePiece, 'connection_reset'],
    ['breaks with an error', `${half + usagePiece}data: {"error":{"message":"overloaded"}}\n\n`, 'server_error'],
    ['holds rubbish', `${half + usagePiece}data: {oops}\n\n`, 'invalid_output'],
  ])('are paid for a stream that %s, when it told its tokens', async (_, text, errorClass) => {
    stub.answers((response) => stream(response, text));
    const answer = failed(await callOnce(model({ prices, stream: true })));
    expect(answer).toMatchObject({ errorClass, usage: billed });
  });

  it('honours Retry-After of a 429', async () => {
    const error = { error: { message: 'slow down' } };
    stub.answers((response) => sendJson(response, error, 429, { 'retry-after': '7' }));
    const answer = failed(await callOnce(model()));
    expect(answer).toMatchObject({ errorClass: 'rate_limited', retryable: true, retryAfterMs: 7_000 });
    expect(answer.message).toContain('/v1/chat/completions answered 429 Too Many Requests');
    expect(answer.message).toContain('slow down');
  });

  it.each([
    [500, 'server_error'],
    [401, 'client_error'],
    [404, 'client_error'],
  ])('classifies status %i as %s', async (status, errorClass) => {
    stub.answers((response) => sendJson(response, { error: {} }, status));
    expect(failed(await callOnce(model())).errorClass).toBe(errorClass);
  });

  it.each([
    ['text where JSON was asked for', { content: 'Sure! {"a":1}' }, 'its content is not JSON: found "Sure! '],
    ['nothing where JSON was asked for', { content: '' }, 'its content is not JSON: found nothing'],
    ['no content', { content: null }, 'has neither content nor tool calls'],
    ['a character that cannot be stored', { content: '"a\\u0000b"' }, 'the character U+0000'],
    [
      'arguments that are not JSON',
      { tool_calls: [{ function: { name: 'refund', arguments: '{"amount":' } }] },
      'the arguments of tool call 1 (refund) are not JSON',
    ],
  ])('calls %s invalid output', async (_, message, found) => {
    stub.answers((response) => completion(response, message));
    const answer = failed(await callOnce(model({ response: 'json' })));
    expect(answer).toMatchObject({ errorClass: 'invalid_output', retryable: false });
    expect(answer.message).toContain(found);
  });

  it('says that JSON was cut off by a limit of tokens', async () => {
    stub.answers((response) => completion(response, { content: '{"a":' }, { finish_reason: 'length' }));
    const answer = failed(await callOnce(model({ response: 'json' })));
    expect(answer.message).toContain('cut off: finish_reason is length');
  });

  it.each([{}, { choices: [] }, { choices: [null] }, { output: 'fine' }, [], null])(
    'calls %j no chat completion',
    async (body) => {
      stub.answers((response) => sendJson(response, body as object));
      expect(failed(await callOnce(model())).errorClass).toBe('invalid_output');
    },
  );
});

describe('safety', () => {
  it('keeps the secret out of messages, even when it comes back as content', async () => {
    stub.answers((response) => completion(response, { content: 'Bearer s3cret-value' }));
    const answer = failed(await callOnce(model({ response: 'json', secret: 'K' }), { secrets: { K: 's3cret-value' } }));
    expect(answer.message).toContain('found "Bearer [secret]"');
  });

  it('calls nobody without its secret, and says how to give it', async () => {
    const answer = failed(await callOnce(model({ secret: 'LLM_KEY' })));
    expect(answer.errorClass).toBe('not_configured');
    expect(answer.message).toContain('set the environment variable LLM_KEY where the worker runs');
    expect(stub.asked).toHaveLength(0);
  });

  it('blocks addresses outside the allowed networks', async () => {
    const answer = failed(await callOnce(model({ baseUrl: 'http://169.254.169.254/v1' })));
    expect(answer.errorClass).toBe('blocked');
    expect(failed(await callOnce(model(), { allowedNetworks: 'public' })).errorClass).toBe('blocked');
  });

  it('ends at once when it is aborted', async () => {
    stub.answers(() => {});
    const agent = agentOf(model());
    const controller = new AbortController();
    const call = agent.call(callOf({ signal: controller.signal }));
    const reason = new Error('worker shuts down');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await agent.close();
  });
});

describe('a config that cannot work', () => {
  it.each([
    [{ parameters: { stream: true } }, 'parameters.stream: is set by other keys'],
    [
      { prompt: { fewShot: { dataset: 'support#train', select: 'nearest' } } },
      'prompt.fewShot.dataset: expected name[@version], e.g. "support@7"; the split has a key of its own, `split`',
    ],
    [
      { prompt: { fewShot: { dataset: 'support@7', select: 'fixed', ids: ['a'], k: 1 } } },
      'prompt.fewShot.k: is not needed where `ids` names the examples',
    ],
    [{ prices: { inputPerMillionUsd: 1 } }, 'prices.outputPerMillionUsd: is missing'],
    [{ temprature: 0 }, 'temprature: unknown key'],
  ])('refuses %j by name', (more, message) => {
    expect(() => parseInput(agentConfigSchema, { ...model(), ...more }, 'agent.yaml')).toThrow(message);
  });

  it('refuses a password in baseUrl', () => {
    expect(() => agentOf(model({ baseUrl: 'http://user:hunter2@127.0.0.1/v1' }))).toThrow('baseUrl of the agent holds');
  });
});
