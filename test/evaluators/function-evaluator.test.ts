import { describe, expect, it } from 'vitest';
import type { FunctionJudgement } from '../../schema/contracts/call.ts';
import { evaluatorOf, judge } from './judge-with.ts';

const judging = (judgement: unknown, kind?: 'binary' | 'score') =>
  evaluatorOf(
    { type: 'function', function: 'f', ...(kind ? { kind } : {}) },
    {
      evaluators: { f: () => judgement as FunctionJudgement },
    },
  );

describe('a function evaluator', () => {
  it.each([
    [true, { score: 1 }],
    [false, { score: 0 }],
    [0.25, { score: 0.25 }],
    [null, { score: null }],
    [
      { score: 1, label: 'good', explanation: 'short' },
      { score: 1, label: 'good', explanation: 'short' },
    ],
  ])('may return %j', (returned, judged) => {
    expect(judge(judging(returned), 'x')).toEqual(judged);
  });

  it('is given the output and its parameters', () => {
    const evaluator = evaluatorOf(
      { type: 'function', function: 'f', parameters: { max: 3 }, kind: 'binary' },
      { evaluators: { f: ({ output, parameters }) => String(output).length <= (parameters.max as number) } },
    );
    expect(judge(evaluator, 'abc').score).toBe(1);
    expect(judge(evaluator, 'abcd').score).toBe(0);
    expect(evaluator.kind).toBe('binary');
  });

  it('that never answers is a missing score after its timeout, and holds nothing up', async () => {
    const evaluator = evaluatorOf(
      { type: 'function', function: 'f', timeoutMs: 20 },
      { evaluators: { f: () => new Promise<boolean>(() => {}) } },
    );
    await expect(evaluator.evaluate({ input: 1, output: 1, expected: 1, metadata: {} })).rejects.toThrow(
      'evaluator correct returned no judgement: found none within 20 ms (timeoutMs)',
    );
  });

  it('cannot change the output that is stored, nor what other judges see', () => {
    const output = [3, 1, 2];
    const evaluator = evaluatorOf(
      { type: 'function', function: 'f' },
      { evaluators: { f: (call) => (call.output as number[]).sort()[0] === 1 } },
    );
    expect(judge(evaluator, output).score).toBe(1);
    expect(output).toEqual([3, 1, 2]);
  });

  it('may take its time', async () => {
    await expect(
      judging(Promise.resolve(true)).evaluate({ input: 1, output: 1, expected: 1, metadata: {} }),
    ).resolves.toEqual({
      score: 1,
    });
  });

  it.each([
    [undefined, 'found undefined'],
    [Number.NaN, 'found NaN'],
    ['good', 'found a text'],
    [{ verdict: 1 }, 'found an object with the keys verdict'],
  ])('that returns %j has not judged', (returned, message) => {
    expect(() => judge(judging(returned), 'x')).toThrow(message);
  });

  it('that is declared binary may only say 0 or 1', () => {
    expect(() => judge(judging(0.5, 'binary'), 'x')).toThrow('found 0.5, expected 0 or 1');
    expect(judge(judging(1, 'binary'), 'x').score).toBe(1);
  });

  it('that is not registered is named, with those that are', () => {
    const evaluator = evaluatorOf({ type: 'function', function: 'g' }, { evaluators: { f: () => 1 } });
    expect(() => judge(evaluator, 'x')).toThrow('function g is not registered: found f');
  });
});
