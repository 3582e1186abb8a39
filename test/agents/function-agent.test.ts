import { describe, expect, it } from 'vitest';
import type { FunctionAnswer, FunctionRegistry } from '../../schema/contracts/call.ts';
import { agentOf, callOf, callOnce } from './agent-call.ts';

type AgentFunction = NonNullable<FunctionRegistry['agents']>[string];
const call = (solve: AgentFunction, timeoutMs = 5_000, options: Parameters<typeof callOnce>[1] = {}) =>
  callOnce(
    { adapter: 'function', function: 'solve', timeoutMs, parameters: { k: 4 } },
    { functions: { agents: { solve } }, ...options },
  );

describe('a function agent', () => {
  it('is given the call and its parameters, and answers like an HTTP agent', async () => {
    const answer = await call(({ input, context, parameters, example }) => ({
      output: { input, variant: context.variant, k: parameters.k as number, id: example.id },
      steps: 3,
      usage: { inputTokens: 5, costUsd: 0.01 },
      model: 'm',
    }));
    expect(answer).toMatchObject({
      ok: true,
      output: { input: { question: 'How many?' }, variant: 'control', k: 4, id: 'e1' },
      steps: 3,
      usage: { inputTokens: 5, costUsd: 0.01 },
      model: 'm',
    });
  });

  it('cannot change what other trials see', async () => {
    const input = { messages: ['hello'] };
    await call(
      (given) => {
        (given.input as { messages: string[] }).messages.push('changed');
        return { output: 1 };
      },
      5_000,
      { call: { input } },
    );
    expect(input).toEqual({ messages: ['hello'] });
  });

  it('that throws is recorded with the first line of its message', async () => {
    const answer = await call(async () => {
      throw new Error('model is offline\n    at secret stack');
    });
    expect(answer).toMatchObject({
      ok: false,
      errorClass: 'threw',
      retryable: false,
      message: 'function agent solve threw: model is offline',
    });
  });

  it('that takes too long is told so and not waited for', async () => {
    let aborted = false;
    const answer = await call(
      (_, { signal }) =>
        new Promise<FunctionAnswer>(() => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
        }),
      50,
    );
    expect(answer).toMatchObject({ ok: false, errorClass: 'timeout' });
    expect(aborted).toBe(true);
  });

  it.each([
    ['nothing', undefined, 'the top level is null'],
    ['a bare text', 'hello', 'the top level is a text'],
    ['another shape', { answer: 1 }, 'has the keys answer'],
    ['a BigInt', { output: 1n }, 'BigInt'],
  ])('that returns %s gives invalid output', async (_, returned, found) => {
    const answer = await call(() => returned as unknown as FunctionAnswer);
    expect(answer).toMatchObject({ ok: false, errorClass: 'invalid_output', message: expect.stringContaining(found) });
  });

  it('that is not registered is named, with those that are', async () => {
    const agent = agentOf(
      { adapter: 'function', function: 'slove' },
      { functions: { agents: { solve: () => ({ output: 1 }) } } },
    );
    expect(await agent.call(callOf())).toMatchObject({
      ok: false,
      errorClass: 'not_configured',
      message: expect.stringContaining('function agent slove is not registered: found solve'),
    });
    expect(await agent.probe()).toMatchObject({ fix: expect.stringContaining('sluice.config.ts') });
    expect(await agentOf({ adapter: 'function', function: 'constructor' }).probe()).not.toBeNull();
  });

  it('ends with the reason when the worker gives up', async () => {
    const controller = new AbortController();
    const running = call(() => new Promise<FunctionAnswer>(() => {}), 5_000, { call: { signal: controller.signal } });
    controller.abort(new Error('shut down'));
    await expect(running).rejects.toThrow('shut down');
  });
});
