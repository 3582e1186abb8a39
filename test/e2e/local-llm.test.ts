import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import type { OpenaiAgentConfig } from '../../schema/contracts/agent.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { pairedNewcombeInterval } from '../../statistics/paired-newcombe-interval.ts';
import { callOnce } from '../agents/agent-call.ts';
import { openStack, type RunningStack } from '../support/running-stack.ts';

interface Message {
  id: string;
  input: string;
  expected: string;
  split: 'train' | 'test';
}

interface Completion {
  choices: [{ message: { content: string }; finish_reason: string }];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

/** What went over the wire for one trial. */
interface Exchange {
  request: { messages: { role: string; content: string }[] };
  completion: Completion;
}

interface TrialRow {
  id: string;
  variant: string;
  example_id: string;
  status: string;
  output: string;
  input_tokens: number;
  output_tokens: number;
  model: string;
  score: number;
}

const example = fileURLToPath(new URL('../../examples/local-llm', import.meta.url));
const read = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Message);
const messages = read(join(example, 'messages.jsonl'));
const spec = readFileSync(join(example, 'experiment.yaml'), 'utf8');
const agents = parse(spec).variants as Record<'control' | 'fixed' | 'nearest', OpenaiAgentConfig>;
const folder = mkdtempSync(join(tmpdir(), 'sluice-local-llm-'));
let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
let recorder: Awaited<ReturnType<typeof startRecorder>>;
let stack: RunningStack;

beforeAll(async () => {
  await install();
  endpoint = await startEndpoint();
  recorder = await startRecorder(endpoint.url);
  stack = openStack(inject('sharedDataDir'));
}, 600_000);

afterAll(async () => {
  await stack?.close();
  await recorder?.close();
  endpoint?.process.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

/** As its README says; once for each version of the engine. */
async function install(): Promise<void> {
  const engine = 'node_modules/node-llama-cpp';
  const wanted = JSON.parse(readFileSync(join(example, 'package-lock.json'), 'utf8')).packages[engine].version;
  const installed = join(example, engine, 'package.json');
  if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === wanted) return;
  const npm = spawn('npm', ['ci'], { cwd: example, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = Promise.all([text(npm.stdout), text(npm.stderr)]);
  const [code] = await once(npm, 'close');
  expect(code, (await said).join('\n')).toBe(0);
}

/** Serves the model as `npm start` does; fetches the weights the first time. */
async function startEndpoint() {
  const child = spawn(process.execPath, ['main.ts'], { cwd: example, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ready = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        said += piece;
        const url = /^ready: (http:\S+)$/m.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
    child.on('close', (code) => reject(new Error(`the endpoint ended with code ${code}:\n${said}`)));
  });
  return { url: await ready, process: child };
}

/** Stands between Sluice and the model and keeps what each said, by trial. */
async function startRecorder(target: string) {
  const exchanges = new Map<string, Exchange[]>();
  const server = createServer(async (request, response) => {
    const trial = String(request.headers['idempotency-key']);
    const body = await text(request);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${target}/chat/completions`, { method: 'POST', headers, body });
    const completion = await answer.text();
    const exchange = { request: JSON.parse(body), completion: JSON.parse(completion) };
    exchanges.set(trial, [...(exchanges.get(trial) ?? []), exchange]);
    response.writeHead(answer.status, headers).end(completion);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, exchanges, close };
}

async function ask(body: unknown): Promise<{ status: number; answer: Completion & { error: object } }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${endpoint.url}/chat/completions`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Completion & { error: object } };
}

describe('a real language model', () => {
  test('gets worse by four fixed examples and better by the four nearest, and the verdicts say so', async () => {
    const file = join(folder, 'experiment.yaml');
    writeFileSync(file, spec.replaceAll('http://127.0.0.1:4502/v1', recorder.url));
    const pushed = await stack.cli(['dataset', 'push', 'banking77-four', join(example, 'messages.jsonl')]);
    expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });
    const { exitCode, stdout, output } = await stack.cli(['run', 'start', file, '--watch', '--json']);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    expect(last, `${output}\n${stack.logs()}`).toMatch(/^\{"id"/);
    const result = JSON.parse(last) as RunResult;

    expect(result).toMatchObject({
      status: 'completed',
      verdict: 'pass',
      verdicts: { fixed: 'fail', nearest: 'pass' },
      counts: { planned: 120, succeeded: 120, failed: 0, missing: 0, notRun: 0 },
      agentCalls: 120,
    });
    expect(exitCode).toBe(0);

    const { rows } = await stack.pool.query<TrialRow>(
      `select t.id, t.variant, t.example_id, t.status, t.output, t.input_tokens, t.output_tokens, t.model, s.score
         from trial t join score s on s.subject_id = t.id and s.name = 'correct' where t.run_id = $1`,
      [result.id],
    );
    expect(rows).toHaveLength(120);
    const asked = new Map(messages.map((message) => [message.id, message]));
    for (const row of rows) {
      const exchanges = recorder.exchanges.get(row.id) ?? [];
      expect(exchanges).toHaveLength(1);
      const { request, completion } = exchanges[0] as Exchange;
      const { input, expected } = asked.get(row.example_id) as Message;
      expect(row).toMatchObject({
        status: 'succeeded',
        model: 'smollm2-135m-instruct',
        output: completion.choices[0].message.content,
        input_tokens: completion.usage.prompt_tokens,
        output_tokens: completion.usage.completion_tokens,
        score: row.output === expected ? 1 : 0,
      });
      expect(agents.control.parameters?.guided_choice).toContain(row.output);
      checkShots(row.variant, input, request.messages);
    }

    const scores = (variant: string) =>
      new Map(rows.filter((row) => row.variant === variant).map((row) => [row.example_id, row.score]));
    const control = scores('control');
    for (const variant of ['control', 'fixed', 'nearest']) {
      const values = [...scores(variant).values()];
      expect(values).toHaveLength(40);
      const metric = result.metrics.find((one) => one.metric === 'correct' && one.variant === variant);
      expect(metric).toMatchObject({ n: 40 });
      expect(metric?.mean).toBeCloseTo(values.reduce((sum, score) => sum + score, 0) / 40, 12);
      const used = rows.filter((row) => row.variant === variant).map((row) => row.input_tokens + row.output_tokens);
      const tokens = result.metrics.find((one) => one.metric === 'tokens' && one.variant === variant);
      expect(tokens?.mean).toBeCloseTo(used.reduce((sum, count) => sum + count, 0) / 40, 9);
    }
    for (const candidate of ['fixed', 'nearest']) {
      const pairs = [...scores(candidate)].map(([id, score]) => ({ score, before: control.get(id) }));
      const count = (before: number, score: number) =>
        pairs.filter((pair) => pair.before === before && pair.score === score).length;
      const table = {
        both: count(1, 1),
        onlyControl: count(1, 0),
        onlyCandidate: count(0, 1),
        neither: count(0, 0),
      };
      const comparison = result.comparisons.find((one) => one.metric === 'correct' && one.candidate === candidate);
      expect(comparison).toMatchObject({
        n: 40,
        improved: table.onlyCandidate,
        regressed: table.onlyControl,
        scale: 'difference',
        confidence: 0.95,
      });
      expect(comparison?.estimate).toBeCloseTo((table.onlyCandidate - table.onlyControl) / 40, 12);
      expect(comparison?.pValue).toBeCloseTo(exactMcNemar(table.onlyControl, table.onlyCandidate), 12);
      const { interval } = pairedNewcombeInterval({ ...table, confidence: 0.95 });
      expect(comparison?.interval?.[0]).toBeCloseTo(interval?.[0] ?? Number.NaN, 12);
      expect(comparison?.interval?.[1]).toBeCloseTo(interval?.[1] ?? Number.NaN, 12);
      // The verdict is read off that interval.
      const decided = (interval?.[0] ?? 0) > 0 ? 'pass' : (interval?.[1] ?? 0) < 0 ? 'fail' : 'inconclusive';
      expect(comparison?.verdict).toBe(decided);
      const errors = result.comparisons.find((one) => one.metric === 'errorRate' && one.candidate === candidate);
      expect(errors).toMatchObject({ n: 40, estimate: 0, improved: 0, regressed: 0, verdict: 'pass' });
    }
  }, 1_200_000);

  test('answers the same request the same way, whole or in pieces, with the same token counts', async () => {
    const [one, two] = messages as [Message, Message];
    const config = { ...agents.control, baseUrl: endpoint.url };
    const request = {
      model: config.model,
      ...config.parameters,
      messages: [
        { role: 'system', content: config.prompt?.system },
        { role: 'user', content: one.input },
      ],
    };
    const { answer } = await ask(request);
    const whole = await callOnce(config, { call: { input: one.input } });
    await callOnce(config, { call: { input: two.input } });
    const pieces = await callOnce({ ...config, stream: true }, { call: { input: one.input } });
    const { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: total } = answer.usage;
    const expected = { ok: true, output: answer.choices[0].message.content, usage: { inputTokens, outputTokens } };
    expect(whole).toMatchObject(expected);
    expect(pieces).toMatchObject(expected);
    expect(total).toBe(inputTokens + outputTokens);
  });

  test('is held to a JSON schema too, and its answer is cut where max_tokens says', async () => {
    const model = 'smollm2-135m-instruct';
    const question = [{ role: 'user', content: 'What is the capital of France?' }];
    const schema = { type: 'object', properties: { city: { enum: ['Paris', 'Rome'] } }, required: ['city'] };
    const json = { type: 'json_schema', json_schema: { name: 'capital', schema } };
    const held = await ask({ model, temperature: 0, messages: question, response_format: json });
    expect(schema.properties.city.enum).toContain(JSON.parse(held.answer.choices[0].message.content).city);

    const cut = await ask({ model, temperature: 0, messages: question, max_tokens: 3 });
    expect(cut.answer.choices[0].finish_reason).toBe('length');
    expect(cut.answer.usage.completion_tokens).toBe(3);
  });

  test.each([
    ['not JSON', '{nope', 400, null],
    ['an unknown parameter', { tempature: 0 }, 400, 'tempature'],
    ['no messages', { messages: [] }, 400, 'messages'],
    ['an image', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 400, 'messages.0.content'],
    ['a label of two lines', { guided_choice: ['a\nb'] }, 400, 'guided_choice.0'],
    ['more tokens than there is room for', { max_tokens: 100_000 }, 400, 'messages'],
    ['another model', { model: 'large-1' }, 404, 'model'],
  ])('refuses %s with an error of the kind OpenAI sends', async (_, wrong, status, param) => {
    const right = { model: 'smollm2-135m-instruct', messages: [{ role: 'user', content: 'Hello' }] };
    const refused = await ask(typeof wrong === 'string' ? wrong : { ...right, ...wrong });
    expect(refused.status).toBe(status);
    expect(refused.answer.error).toMatchObject({ type: 'invalid_request_error', param, message: expect.any(String) });
  });

  test('answers what it was asked before it ends on SIGTERM', async () => {
    const leaving = await startEndpoint();
    const body = JSON.stringify({
      model: 'smollm2-135m-instruct',
      temperature: 0,
      max_tokens: 40,
      stream: true,
      messages: [{ role: 'user', content: 'Tell me about banks.' }],
    });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${leaving.url}/chat/completions`, { method: 'POST', headers, body });
    leaving.process.kill('SIGTERM');
    expect(await response.text()).toMatch(/\ndata: \[DONE\]\n\n$/);
    if (leaving.process.exitCode === null) await once(leaving.process, 'exit');
    expect(leaving.process.exitCode).toBe(0);
  });
});

test('the messages of the example are those its rule chooses, where the published data are at hand', () => {
  const data = process.env.SLUICE_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
  const published = (split: 'train' | 'test') => join(data, 'banking77', `${split}.jsonl`);
  expect(messages).toHaveLength(200);
  if (!existsSync(published('test'))) return;
  const all = { test: read(published('test')), train: read(published('train')) };
  const intents = [...new Set(all.test.map((message) => message.expected))].slice(0, 4);
  const first = (split: 'train' | 'test', count: number) =>
    intents.flatMap((intent) =>
      all[split]
        .filter((message) => message.expected === intent)
        .slice(0, count)
        .map((message) => ({ ...message, split })),
    );
  expect(messages).toEqual([...first('test', 10), ...first('train', 40)]);
});

/** Zero, the same four, or the four of `train`; turns of user and assistant between the system's words and the input. */
function checkShots(variant: string, input: string, sent: Exchange['request']['messages']): void {
  expect(sent[0]?.role).toBe('system');
  expect(sent.at(-1)).toEqual({ role: 'user', content: input });
  const turns = sent.slice(1, -1);
  const shots = Array.from({ length: turns.length / 2 }, (_, place) => {
    expect(turns.slice(2 * place, 2 * place + 2).map(({ role }) => role)).toEqual(['user', 'assistant']);
    const [question, answer] = [turns[2 * place]?.content, turns[2 * place + 1]?.content];
    return messages.find((one) => one.split === 'train' && one.input === question && one.expected === answer)?.id;
  });
  const fixed = ['train-00000', 'train-00153', 'train-00292', 'train-00404'];
  if (variant === 'nearest') expect(new Set(shots.filter((id) => id !== undefined)).size).toBe(4);
  else expect(shots).toEqual(variant === 'fixed' ? fixed : []);
}

/** Two-sided: twice the chance of as few discordant pairs on the smaller side, at even odds. */
function exactMcNemar(onlyControl: number, onlyCandidate: number): number {
  const n = onlyControl + onlyCandidate;
  let ways = 1;
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyControl, onlyCandidate); k++) {
    tail += ways / 2 ** n;
    ways = (ways * (n - k)) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}
