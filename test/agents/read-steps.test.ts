import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../agents/read-answer.ts';
import { readSteps } from '../../agents/read-steps.ts';

describe('the steps of an answer', () => {
  it('are read with who took them, which tool they called, and what they cost', () => {
    const steps = [
      { agent: 'planner', output: 'look it up', usage: { prompt_tokens: 5, completion_tokens: 2 }, latencyMs: 12.5 },
      {
        agent: 'retriever',
        tool: { name: 'search', arguments: '{"q":"fee"}', result: [1], error: null },
        costUsd: 0.1,
      },
      { tool: 'refund', more: 'of its own' },
    ];
    expect(readAnswer({ output: 'fine', steps }, ['output'])).toEqual({
      output: 'fine',
      steps: [
        { agent: 'planner', output: 'look it up', inputTokens: 5, outputTokens: 2, latencyMs: 12.5 },
        { agent: 'retriever', tool: { name: 'search', arguments: { q: 'fee' }, result: [1] }, costUsd: 0.1 },
        { tool: { name: 'refund' } },
      ],
    });
  });

  it('count also where they are no steps as we know them, or cannot be stored', () => {
    expect(readSteps(['thought', 7, null, { tool: { args: 1 } }, { output: 'a\0b' }, []])).toEqual([
      {},
      {},
      {},
      {},
      {},
      {},
    ]);
  });

  it('are at most 1,000, and 256 KB, and the last one says how many are left out', () => {
    const many = readSteps(Array.from({ length: 5_000 }, () => ({ agent: 'a' })));
    expect(many).toHaveLength(1_000);
    expect(many.at(-1)).toEqual({ agent: 'a', omitted: 4_000 });
    const large = readSteps(Array.from({ length: 10 }, () => ({ output: 'x'.repeat(100_000) })));
    expect(large).toHaveLength(2);
    expect(large.at(-1)?.omitted).toBe(8);
    expect(readSteps([{ output: 'x'.repeat(300_000) }])).toEqual([{}]);
  });
});
