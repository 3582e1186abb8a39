import { describe, expect, it } from 'vitest';
import { createEvaluator } from '../../evaluators/create-evaluator.ts';
import type { Judged, Step } from '../../schema/contracts/call.ts';
import { type EvaluatorConfig, evaluatorConfigSchema, metricOfEvaluator } from '../../schema/contracts/evaluator.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';

type WithoutName<T> = T extends unknown ? Omit<T, 'name' | 'type'> : never;
type Check = WithoutName<EvaluatorConfig & { type: 'trajectory' }>;

function judge(check: Check, steps: Step[] | undefined, expected?: Json, metadata: Record<string, Json> = {}): Judged {
  const config = parseInput(evaluatorConfigSchema, { type: 'trajectory', name: 'way', ...check }, 'way.yaml');
  return createEvaluator(config, { functions: {} }).evaluate({
    input: 'q',
    output: 'a',
    expected,
    metadata,
    ...(steps === undefined ? {} : { steps }),
  }) as Judged;
}

const call = (name: string, given: Json = {}): Step => ({ tool: { name, arguments: given } });
const search = call('search', { query: 'tea' });
const buy = call('buy', { item: 7 });
const look = call('look', {});

describe('tool calls', () => {
  const expected: { name: string; arguments: Json }[] = [
    { name: 'search', arguments: { query: 'tea' } },
    { name: 'buy', arguments: { item: 7 } },
  ];

  it.each([
    // made, exact, in_order, any_order, subset
    ['the same', [search, buy], 1, 1, 1, 1],
    ['with another between', [search, look, buy], 0, 1, 1, 0],
    ['in another order', [buy, search], 0, 0, 1, 1],
    ['one missing', [search], 0, 0, 0, 1],
    ['none', [], 0, 0, 0, 1],
    ['one twice', [search, search, buy], 0, 1, 1, 0],
    ['other arguments', [call('search', { query: 'coffee' }), buy], 0, 0, 0, 0],
  ] as const)('%s: exact, in_order, any_order and subset tell them apart', (_what, made, ...scores) => {
    const found = (['exact', 'in_order', 'any_order', 'subset'] as const).map(
      (match) => judge({ check: 'tool_calls', expected, match }, [...made]).score,
    );
    expect(found).toEqual(scores);
  });

  it('are compared whatever the order of keys, and as JSON also where a model wrote a text', () => {
    const wanted = [{ name: 'f', arguments: { a: 1, b: { c: 2, d: 3 } } }];
    expect(judge({ check: 'tool_calls', expected: wanted }, [call('f', { b: { d: 3, c: 2 }, a: 1 })]).score).toBe(1);
    expect(judge({ check: 'tool_calls', expected: wanted }, [call('f', '{"b":{"d":3,"c":2},"a":1}')]).score).toBe(1);
  });

  it('may leave arguments out of the comparison, all or some', () => {
    const made = [call('buy', { item: 7, requestId: 'x1' })];
    const wanted = [{ name: 'buy', arguments: { item: 7 } }];
    expect(judge({ check: 'tool_calls', expected: wanted }, made).score).toBe(0);
    expect(judge({ check: 'tool_calls', expected: wanted, ignoreArguments: ['requestId'] }, made).score).toBe(1);
    expect(judge({ check: 'tool_calls', expected: wanted, ignoreArguments: true }, [call('buy', 1)]).score).toBe(1);
    expect(judge({ check: 'tool_calls', expected: ['buy'] }, made).score).toBe(1);
  });

  it('are read from each example where the config has none', () => {
    expect(judge({ check: 'tool_calls' }, [search], [{ name: 'search' }]).score).toBe(1);
    const check = { check: 'tool_calls', expectedPath: 'metadata.calls' } as const;
    expect(judge(check, [search], 'four', { calls: ['search'] }).score).toBe(1);
    expect(() => judge(check, [search], 'four')).toThrow('nothing at `metadata.calls`');
    expect(() => judge({ check: 'tool_calls' }, [search], [7])).toThrow('found "7" among the expected tool calls');
  });

  it('are graded by F1 where asked', () => {
    const graded = { check: 'tool_calls', expected, match: 'any_order', graded: true } as const;
    // 1 of 3 made and 1 of 2 expected: 2 * 1 / 5.
    expect(judge(graded, [search, look, look]).score).toBeCloseTo(0.4);
    expect(judge(graded, [search, buy]).score).toBe(1);
    expect(judge({ ...graded, expected: [] }, []).score).toBe(1);
    // In order only one of two exchanged calls matches: 2 * 1 / 4.
    expect(judge({ ...graded, match: 'in_order' }, [buy, search]).score).toBeCloseTo(0.5);
    expect(metricOfEvaluator({ type: 'trajectory', name: 'way', ...graded, expected: [] }).kind).toBe('score');
  });

  it('that take any arguments leave calls to those that do not', () => {
    const wanted = ['search', { name: 'search', arguments: { query: 'tea' } }];
    const made = [search, call('search', { query: 'coffee' })];
    expect(judge({ check: 'tool_calls', expected: wanted, match: 'any_order' }, made).score).toBe(1);
  });

  it('say what was found and expected', () => {
    expect(judge({ check: 'tool_calls', expected: ['buy'] }, [search]).explanation).toBe(
      'found search({"query":"tea"}), expected buy()',
    );
  });
});

describe('loops', () => {
  it('are a tool called too often with equal arguments, wherever', () => {
    const steps = [search, buy, search, look, search];
    expect(judge({ check: 'loops', maxRepeats: 3 }, steps).score).toBe(1);
    expect(judge({ check: 'loops' }, steps)).toEqual({
      score: 0,
      label: 'repeated_call',
      explanation: 'found 3 calls of ["search",{"query":"tea"}], expected at most 2',
    });
    const asks = ['tea', 'coffee', 'milk'].map((query) => call('search', { query }));
    expect(judge({ check: 'loops', maxRepeats: 1 }, asks).score).toBe(1);
  });

  it('are agents that hand the same thing back and forth', () => {
    const round: Step[] = [
      { agent: 'planner', output: 'ask the writer' },
      { agent: 'writer', output: 'ask the planner' },
    ];
    const start: Step = { agent: 'router', output: 'go' };
    expect(judge({ check: 'loops' }, [start, ...round, ...round]).score).toBe(1);
    expect(judge({ check: 'loops' }, [start, ...round, ...round, ...round])).toEqual({
      score: 0,
      label: 'loop',
      explanation: 'found the same round of 2 steps more than 2 times from step 2',
    });
  });

  it('are found quickly in very long ways', () => {
    const steps = Array.from({ length: 20_000 }, (_, index): Step => ({ agent: 'a', output: index % 4_000 }));
    expect(judge({ check: 'loops' }, steps).score).toBe(1);
  });
});

describe('hand-offs, steps and tool errors', () => {
  const steps: Step[] = [
    { agent: 'router' },
    { agent: 'solver' },
    { tool: { name: 'f' } },
    { agent: 'solver' },
    { agent: 'critic' },
  ];

  it('are the agents in the order they took over', () => {
    expect(judge({ check: 'handoffs', expected: ['router', 'solver', 'critic'] }, steps).score).toBe(1);
    expect(judge({ check: 'handoffs' }, steps, ['router', 'critic'])).toEqual({
      score: 0,
      explanation: 'found router > solver > critic, expected router > critic',
    });
    expect(judge({ check: 'handoffs', expected: ['a'] }, [search]).explanation).toContain('no agent named in any step');
  });

  it('may be at most so many', () => {
    expect(judge({ check: 'steps', maxSteps: 5 }, steps).score).toBe(1);
    expect(judge({ check: 'steps', maxSteps: 4 }, steps)).toEqual({
      score: 0,
      explanation: 'found 5 steps, expected at most 4',
    });
  });

  it('fail by a tool that failed', () => {
    expect(judge({ check: 'tool_errors' }, steps).score).toBe(1);
    const failed: Step = { tool: { name: 'buy', error: 'sold out' } };
    expect(judge({ check: 'tool_errors' }, [search, failed])).toEqual({
      score: 0,
      explanation: '1 tool call failed; first buy in step 2: "sold out"',
    });
  });
});

describe('the way of an agent that tells no steps', () => {
  it.each([
    { check: 'tool_calls', expected: [] },
    { check: 'loops' },
    { check: 'handoffs', expected: ['a'] },
    { check: 'steps', maxSteps: 9 },
    { check: 'tool_errors' },
  ] as const)('has no score for $check, and the reason says what to answer', (check) => {
    expect(() => judge(check as unknown as Check, undefined)).toThrow(
      'must answer `steps` as a list, e.g. {"output": …',
    );
  });

  it('is refused with the known checks when the check is misspelt', () => {
    const config = { type: 'trajectory', name: 'way', check: 'tool_call' };
    expect(() => parseInput(evaluatorConfigSchema, config, 'way.yaml')).toThrow(/check: .*tool_calls/);
  });
});
