import { describe, expect, it } from 'vitest';
import { evaluatorOf, judge } from './judge-with.ts';

const schema = {
  type: 'object',
  required: ['city'],
  properties: {
    city: { type: 'string', pattern: '^[A-Z]' },
    code: { type: 'string', pattern: '^[0-9]+$' },
    population: { type: 'integer' },
  },
};

describe('json_match', () => {
  it('compares JSON whatever the order of keys', () => {
    const same = evaluatorOf({ type: 'json_match' });
    expect(judge(same, { a: 1, b: { c: [1, null], d: -0 } }, { b: { d: 0, c: [1, null] }, a: 1 }).score).toBe(1);
    expect(judge(same, { a: 1 }, { a: 1, b: 2 })).toEqual({
      score: 0,
      explanation: 'found "{\\"a\\":1}", expected "{\\"a\\":1,\\"b\\":2}"',
    });
    expect(judge(same, [1, 2], [2, 1]).score).toBe(0);
    expect(judge(same, {}, []).score).toBe(0);
  });

  it('reads a text that holds JSON as that JSON', () => {
    const same = evaluatorOf({ type: 'json_match' });
    expect(judge(same, '{"a": 1}', { a: 1 }).score).toBe(1);
    expect(judge(same, { a: 1 }, '{"a":1}').score).toBe(1);
    expect(judge(same, 'not json', { a: 1 }).score).toBe(0);
    expect(judge(evaluatorOf({ type: 'json_match', schema }), '{"city":"Paris"}').score).toBe(1);
  });

  it('validates against a schema and says what is wrong', () => {
    const valid = evaluatorOf({ type: 'json_match', schema });
    expect(judge(valid, { city: 'Paris', population: 2 }).score).toBe(1);
    expect(judge(valid, { population: 2 }).explanation).toContain("it must have required property 'city'");
    expect(judge(valid, { city: 'paris' }).explanation).toContain('/city must match pattern');
    expect(judge(valid, { city: 'Paris', code: 'x' }).explanation).toContain('/code must match pattern');
    expect(judge(evaluatorOf({ type: 'json_match', schema: { type: 'string' } }), '42').score).toBe(1);
  });

  it('does both where compare is asked for', () => {
    const both = evaluatorOf({ type: 'json_match', schema, compare: true });
    expect(judge(both, { city: 'Paris' }, { city: 'Paris' }).score).toBe(1);
    expect(judge(both, { city: 'Lyon' }, { city: 'Paris' }).score).toBe(0);
    expect(judge(both, { town: 'Paris' }, { town: 'Paris' }).score).toBe(0);
  });

  it.each([
    'https://json-schema.org/draft/2020-12/schema',
    'http://json-schema.org/draft-07/schema#',
    'http://json-schema.org/draft-06/schema#',
  ])('understands %s', ($schema) => {
    const valid = evaluatorOf({ type: 'json_match', schema: { $schema, ...schema } });
    expect(judge(valid, { city: 'Paris' }).score).toBe(1);
    expect(judge(valid, { city: 3 }).score).toBe(0);
  });

  it.each([
    [{ type: 'objekt' }, 'evaluator correct: schema cannot be used'],
    [{ $ref: 'https://example.org/other.json' }, "can't resolve reference"],
    [{ type: 'string', pattern: 'a(b' }, 'missing closing )'],
  ])('refuses the schema %j', (bad, message) => {
    expect(() => evaluatorOf({ type: 'json_match', schema: bad })).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(message) }),
    );
  });

  it('refuses to judge nothing', () => {
    expect(() => evaluatorOf({ type: 'json_match', compare: false })).toThrow('nothing would be judged');
  });

  it('is not held up by a pattern in the schema', () => {
    const slow = evaluatorOf({ type: 'json_match', schema: { type: 'string', pattern: '^(a+)+$' } });
    const startedAt = performance.now();
    expect(judge(slow, `${'a'.repeat(50_000)}b`).score).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
