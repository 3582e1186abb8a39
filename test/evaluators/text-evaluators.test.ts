import { describe, expect, it } from 'vitest';
import type { Json } from '../../schema/contracts/json.ts';
import { evaluatorOf, judge } from './judge-with.ts';

describe('exact_match', () => {
  const exact = evaluatorOf({ type: 'exact_match' });
  it.each([
    ['Paris', ' Paris\n', 1],
    ['Paris', 'paris', 0],
    [42, '42', 1],
    ['42 ', 42, 1],
    [true, 'true', 1],
    [42, 43, 0],
    [null, null, 1],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, 1],
    [{ a: 1 }, '{"a":1}', 0],
    [[1, 2], [2, 1], 0],
  ])('%j against %j is %i', (output, expected, score) => {
    expect(judge(exact, output, expected).score).toBe(score);
  });

  it('says what was found and what was expected', () => {
    expect(judge(exact, 'Lyon', 'Paris')).toEqual({ score: 0, explanation: 'found "Lyon", expected "Paris"' });
  });

  it('ignores case where asked', () => {
    expect(judge(evaluatorOf({ type: 'exact_match', ignoreCase: true }), 'PARIS', 'Paris').score).toBe(1);
  });

  it('looks at path, and scores 0 where the output has another shape', () => {
    const at = evaluatorOf({ type: 'exact_match', path: 'answer.text' });
    expect(judge(at, { answer: { text: 'Paris' } }, 'Paris').score).toBe(1);
    expect(judge(at, { answer: 'Paris' }, 'Paris')).toEqual({
      score: 0,
      explanation: 'found nothing at `answer.text`: `answer` is a text',
    });
  });
});

describe('contains', () => {
  it('looks for expected, or for value without an expected', () => {
    expect(judge(evaluatorOf({ type: 'contains' }), 'It is Paris.', 'Paris').score).toBe(1);
    expect(judge(evaluatorOf({ type: 'contains' }), 'It is Paris.', 'paris').score).toBe(0);
    expect(judge(evaluatorOf({ type: 'contains', ignoreCase: true }), 'It is PARIS.', 'paris').score).toBe(1);
    expect(judge(evaluatorOf({ type: 'contains', value: 'sorry' }), 'I am sorry').score).toBe(1);
    expect(judge(evaluatorOf({ type: 'contains' }), 'It is 42.', 42).score).toBe(1);
  });

  it('reads the texts of content parts', () => {
    const output: Json = [
      { type: 'text', text: 'It is' },
      { type: 'image', url: 'Paris.png' },
      { type: 'text', text: 'Lyon' },
    ];
    expect(judge(evaluatorOf({ type: 'contains' }), output, 'Lyon').score).toBe(1);
    expect(judge(evaluatorOf({ type: 'contains' }), output, 'Paris').score).toBe(0);
  });

  it('refuses to look for nothing', () => {
    expect(() => judge(evaluatorOf({ type: 'contains' }), 'x', '')).toThrow('expected a text to look for');
    expect(() => judge(evaluatorOf({ type: 'contains' }), 'x', ['x'])).toThrow('found expected "[\\"x\\"]"');
    expect(() => evaluatorOf({ type: 'contains', value: '' })).toThrow('expected a text to look for');
  });
});

describe('regex', () => {
  it('finds a pattern anywhere', () => {
    expect(judge(evaluatorOf({ type: 'regex', pattern: '^\\d{3}$' }), '123').score).toBe(1);
    expect(judge(evaluatorOf({ type: 'regex', pattern: 'a.c', ignoreCase: true }), 'xABCx').score).toBe(1);
    expect(judge(evaluatorOf({ type: 'regex', pattern: '"ok":true' }), { ok: true }).score).toBe(1);
    expect(judge(evaluatorOf({ type: 'regex', pattern: 'yes' }), 'no')).toEqual({
      score: 0,
      explanation: 'pattern not found in "no"',
    });
  });

  it('is not held up by a pattern that takes others for ever', () => {
    const startedAt = performance.now();
    expect(judge(evaluatorOf({ type: 'regex', pattern: '(a+)+$' }), `${'a'.repeat(50_000)}b`).score).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it.each([
    ['a(b', 'evaluator correct: pattern does not compile: missing closing ) in "a(b"'],
    ['ab(?=c)', 'pattern does not compile at character 3: invalid or unsupported Perl syntax in "ab(?=c)"'],
    ['x{2000}', 'invalid repeat count'],
  ])('names evaluator and place of the bad pattern %s', (pattern, message) => {
    expect(() => evaluatorOf({ type: 'regex', pattern })).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(message) }),
    );
  });
});

it('a path that does not parse is refused with the name of its evaluator', () => {
  expect(() => evaluatorOf({ type: 'regex', pattern: 'a', path: 'a[' })).toThrow(
    'evaluator correct: path "a[" does not parse at character 2',
  );
});

it.each(['exact_match', 'contains', 'numeric_match', 'json_match'] as const)(
  '%s does not judge an example without an expected value',
  (type) => {
    expect(() => judge(evaluatorOf({ type }), 'x')).toThrow('the example has no expected value');
  },
);
