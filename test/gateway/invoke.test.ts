import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import { pushAgentVersion } from '../../store/agents/push-agent-version.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { startApi } from '../data-plane/start-api.ts';
import { type StubAgent, startStubAgent } from '../support/stub-agent.ts';
import { useTestDatabase } from '../support/test-database.ts';

let api: Awaited<ReturnType<typeof startApi>>;
let agent: StubAgent;
let key: string;

beforeAll(async () => {
  const { db, databaseUrl } = await useTestDatabase();
  agent = await startStubAgent();
  const configs: Record<string, AgentConfig> = {
    echo: { adapter: 'http', url: `${agent.url}/run` },
    headers: { adapter: 'http', url: `${agent.url}/echo-headers` },
    broken: { adapter: 'http', url: `${agent.url}/status?code=500` },
    lines: {
      adapter: 'exec',
      command: `node -e 'require("readline").createInterface({input:process.stdin}).on("line",(l)=>console.log(JSON.stringify({output:JSON.parse(l).input})))'`,
    },
    code: { adapter: 'function', function: 'echo' },
  };
  for (const [name, config] of Object.entries(configs)) {
    await pushAgentVersion(db, { projectId: 'prj_default', name, config, createdBy: 'person:test' });
  }
  key = (await createKey(db, { projectId: 'prj_default', service: 'shop', role: 'ingest' })).apiKey;
  api = await startApi({ databaseUrl });
});
afterAll(async () => {
  await api.stop();
  await agent.close();
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const invoke = (name: string, body: object, headers = {}) => post(`/v1/agents/${name}/invoke`, body, headers);

test.each(['echo', 'lines', 'code'])('an agent is invoked with an input and answers its output: %s', async (name) => {
  const response = await invoke(name, { input: { question: 'why' }, unit: 'u1' });
  expect(await response.json()).toEqual({ output: { question: 'why' } });
  expect(response.headers.get('x-sluice-variant')).toBe('control');
  expect(response.headers.get('x-sluice-version')).toBe('1');
});

test('the agent gets the context of the caller beside that of the call, with a trace that the answer names', async () => {
  const response = await invoke('headers', { input: 1, context: { locale: 'de' } });
  const { output } = (await response.json()) as {
    output: { headers: Record<string, string>; body: { context: Record<string, unknown> } };
  };
  expect(output.body.context).toMatchObject({ locale: 'de', variant: 'control', shadow: false, repetition: 0 });
  expect(output.headers['idempotency-key']).toBe(output.body.context.trialId);
  expect(output.headers.traceparent).toContain(response.headers.get('x-sluice-trace'));
});

test('chat completions reach agents that are no models: messages are the input, the output is what the assistant says', async () => {
  const messages = [
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] },
  ];
  const whole = (await (await post('/v1/chat/completions', { model: 'echo', messages })).json()) as {
    choices: { message: { content: string } }[];
  };
  expect(JSON.parse(whole.choices[0]?.message.content ?? '')).toEqual(messages);
  const streamed = await post('/v1/chat/completions', { model: 'echo', messages, stream: true });
  expect(streamed.headers.get('content-type')).toContain('text/event-stream');
  const events = (await streamed.text()).trimEnd().split('\n\n');
  expect(events.at(-1)).toBe('data: [DONE]');
  const { choices } = JSON.parse(events[0]?.slice('data: '.length) ?? '');
  expect(JSON.parse(choices[0].delta.content)).toEqual(messages);
});

test('what cannot be invoked says why, in the shape of other errors', async () => {
  const failed = await invoke('broken', { input: 1 });
  expect(failed.status).toBe(502);
  expect(await failed.json()).toMatchObject({
    error: { message: expect.stringContaining('answered 500'), data: { sluice: { errorClass: 'server_error' } } },
  });
  const unknown = await invoke('eco', { input: 1 });
  expect(unknown.status).toBe(404);
  const misspelt = await invoke('echo', { inputs: 1 });
  expect(misspelt.status).toBe(400);
  expect(((await misspelt.json()) as { error: { message: string } }).error.message).toContain('inputs');
  const keyless = await fetch(`${api.url}/v1/agents/echo/invoke`, { method: 'POST', body: '{}' });
  expect(keyless.status).toBe(401);
});
