import { describe, expect, it } from 'vitest';
import { lastNumber } from '../../evaluators/last-number.ts';
import { parseNumber } from '../../evaluators/parse-number.ts';
import { evaluatorOf, judge } from './judge-with.ts';

describe('numeric_match with extract', () => {
  const numeric = evaluatorOf({ type: 'numeric_match', extract: 'A:\\s*\\$?(-?[\\d,.]+)' });
  it.each([
    ['so 2 + 2 = 4\nA: 18', '18', 1],
    ['A: 12\nno, wait\nA: $1,800.', '1800', 1],
    ['A: 18', 'reasons\nA: 18.0', 1],
    ['A: 18', 18, 1],
    ['A: -3', '-3', 1],
    ['A: 18 apples, that is 20', '20', 0],
    ['A: ,.', '18', 0],
    ['18', '18', 0],
    [18, '18', 1],
  ])('%j against %j is %i', (output, expected, score) => {
    expect(judge(numeric, output, expected).score).toBe(score);
  });

  it('says what it found', () => {
    expect(judge(numeric, 'A: 18', '20').explanation).toBe('found 18, expected 20');
    expect(judge(numeric, 'I give up', '20').explanation).toBe('found no number in "I give up", expected 20');
  });

  it('takes the whole match of a pattern without a group', () => {
    expect(judge(evaluatorOf({ type: 'numeric_match', extract: '\\d+$' }), '1 or 2', 2).score).toBe(1);
  });

  it('does not judge when expected holds no number', () => {
    for (const expected of ['eighteen', { answer: 18 }, null]) {
      expect(() => judge(numeric, 'A: 18', expected)).toThrow('found no number in expected');
    }
  });

  it('gives up on a search that takes quadratic time, rather than hold up its worker', () => {
    const slow = evaluatorOf({ type: 'numeric_match', extract: 'a(?:.*c)?' });
    const startedAt = performance.now();
    expect(() => judge(slow, 'a'.repeat(60_000), 1)).toThrow('took longer than 1000 ms');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('numeric_match without extract', () => {
  it.each([
    ['It costs $1,234.50.', 1234.5],
    ['between 10-12', 12],
    ['16-3', 3],
    ['x = -3', -3],
    ['−7 degrees', -7],
    ['-$5', -5],
    ['$-5', -5],
    ['1,2,3', 3],
    ['12,34', 34],
    ['2024-01-05', 5],
    ['.5', 0.5],
    ['6.02e23 atoms', 6.02e23],
    ['version 2.', 2],
    ['none', null],
  ])('the last number of %j is %d', (text, number) => {
    expect(lastNumber(text)).toBe(number);
  });

  it('compares last numbers', () => {
    expect(judge(evaluatorOf({ type: 'numeric_match' }), 'so 9 * 2 = $18.', '#### 18').score).toBe(1);
  });
});

it('a tolerance is a difference that still counts as equal', () => {
  const close = evaluatorOf({ type: 'numeric_match', tolerance: 0.1 });
  expect(judge(close, 1.1, 1).score).toBe(1);
  expect(judge(close, 1.11, 1).score).toBe(0);
  expect(judge(evaluatorOf({ type: 'numeric_match' }), 0.1 + 0.2, 0.3).score).toBe(0);
});

it.each([
  ['1,000.', 1000],
  [' $ 5 ', 5],
  ['-$5.00', -5],
  ['+3', 3],
  ['1.2.3', null],
  ['', null],
  ['-', null],
  ['1e999', null],
  ['0x10', null],
])('reads %j as the number %d', (text, number) => {
  expect(parseNumber(text)).toBe(number);
});
