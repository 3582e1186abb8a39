import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { createEvaluator } from '../../evaluators/create-evaluator.ts';
import type { EvaluatorInput } from '../../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { callAgent } from './call-agent.ts';

let status = 200;
let answer = 'true';
const asked: Json[] = [];
const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  asked.push(JSON.parse(text));
  response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/judge`;
afterAll(() => server.close());

const example: EvaluatorInput = {
  input: 'How many?',
  output: 'Four.',
  expected: 4,
  metadata: { topic: 'numbers' },
  steps: [{ agent: 'solver', output: 'Four.' }],
};

const judge = async (more: object, given: EvaluatorInput = example) =>
  createEvaluator({ name: 'own', ...more } as EvaluatorConfig, { functions: {}, callAgent }).evaluate(given);

it('a judge whose header is a secret is not asked without it, and says which is missing', async () => {
  const headerSecrets = { 'x-api-key': 'JUDGE_KEY' };
  const model = { baseUrl: new URL(url).origin, model: 'm', choices: { yes: 1, no: 0 }, prompt: '{{output}}' };
  const before = asked.length;
  for (const more of [
    { type: 'http', url },
    { ...model, type: 'llm_judge' },
    { ...model, type: 'pairwise', choices: undefined },
  ]) {
    const given = { ...example, control: { output: 'Five.' } };
    await expect(judge({ ...more, headerSecrets }, given)).rejects.toThrow('secret JUDGE_KEY of the agent at');
  }
  expect(asked).toHaveLength(before);
});

describe('an http evaluator', () => {
  it('is sent input, output, expected, metadata and steps as they are', async () => {
    await judge({ type: 'http', url });
    expect(asked.at(-1)).toEqual(example);
    const { expected: _expected, steps: _steps, ...rest } = example;
    await judge({ type: 'http', url }, { ...rest, expected: undefined });
    expect(asked.at(-1)).toEqual({ input: 'How many?', output: 'Four.', metadata: { topic: 'numbers' } });
  });

  it.each([
    ['true', { score: 1 }],
    ['0.25', { score: 0.25 }],
    ['null', { score: null }],
    ['{"score": true, "label": "good", "explanation": "short"}', { score: 1, label: 'good', explanation: 'short' }],
    ['{"label": "spam"}', { score: null, label: 'spam' }],
    ['{"score": 1, "usage": {"costUsd": 0.5}}', { score: 1, usage: { costUsd: 0.5 } }],
  ])('may answer %s', async (text, judged) => {
    answer = text;
    expect(await judge({ type: 'http', url })).toEqual(judged);
  });

  it.each([
    [200, '"good"', 'returned no judgement: found a text'],
    [200, '[1]', 'returned no judgement: found a list of 1'],
    [200, '{"verdict": 1}', 'found an object with the keys verdict'],
    [200, 'good', 'its body is not JSON'],
    [500, '{}', 'answered 500'],
    [404, '{}', 'answered 404'],
  ])('that answers %i %s has not judged: a missing score, never a zero', async (code, text, says) => {
    [status, answer] = [code, text];
    await expect(judge({ type: 'http', url })).rejects.toThrow(says);
    status = 200;
  });

  it('that is declared binary may only say 0 or 1', async () => {
    answer = '0.5';
    await expect(judge({ type: 'http', url, kind: 'binary' })).rejects.toThrow('found 0.5, expected 0 or 1');
  });

  it('that is not there has not judged', async () => {
    await expect(judge({ type: 'http', url: 'http://127.0.0.1:1/' })).rejects.toThrow('is unreachable');
  });
});

describe('an exec evaluator', () => {
  const program = (body: string) =>
    `node -e 'require("readline").createInterface({ input: process.stdin }).on("line", (line) => { const asked = JSON.parse(line); ${body} })'`;

  it('judges by JSON lines', async () => {
    const command = program(
      'console.log(JSON.stringify({ score: asked.output === "Four.", label: asked.metadata.topic }))',
    );
    expect(await judge({ type: 'exec', command })).toEqual({ score: 1, label: 'numbers' });
    expect(await judge({ type: 'exec', command }, { ...example, output: 'Five.' })).toMatchObject({ score: 0 });
  });

  it('that ends or says something else has not judged', async () => {
    await expect(judge({ type: 'exec', command: program('process.exit(3)') })).rejects.toThrow('exited with code 3');
    await expect(judge({ type: 'exec', command: program('console.log("fine")') })).rejects.toThrow('not JSON');
  });
});
