import { describe, expect, it } from 'vitest';
import { describeMissing, formatJsonPath, parseJsonPath, readJsonPath } from '../../schema/json-path.ts';

const answer = {
  choices: [{ message: { content: 'hi' } }, { message: { content: 'last' } }],
  'a.b': { '6b': 1 },
  empty: null,
};

describe('paths into JSON', () => {
  it.each([
    ['choices[0].message.content', 'hi'],
    ['choices.0.message.content', 'hi'],
    ['choices[-1].message.content', 'last'],
    ['["a.b"].6b', 1],
    ["['a.b']['6b']", 1],
    ['empty', null],
    ['empty.more', undefined],
    ['choices[2]', undefined],
    ['choices.length', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['choices[0].message.content.length', undefined],
  ])('finds %s', (path, found) => {
    expect(readJsonPath(answer, parseJsonPath(path))).toEqual(found);
  });

  it.each([
    ['a..b', 3],
    ['a.', 3],
    ['.a', 1],
    ['a[x]', 2],
    ['a[0', 2],
    ['a[0]b', 5],
    ['a]', 2],
  ])('says where %s does not parse', (path, at) => {
    expect(() => parseJsonPath(path)).toThrow(`does not parse at character ${at}`);
  });

  it('says what is there when nothing is at the path', () => {
    expect(describeMissing(answer, parseJsonPath('choices[0].message.text'))).toBe(
      'nothing at `choices[0].message.text`: `choices[0].message` has the keys content',
    );
    expect(describeMissing(answer, parseJsonPath('choices[5]'))).toBe(
      'nothing at `choices[5]`: `choices` is a list of 2',
    );
    expect(describeMissing('text', parseJsonPath('output'))).toBe('nothing at `output`: the top level is a text');
  });

  it('writes a path as it can be read again', () => {
    for (const path of ['a[0].b', 'a[-1]["c.d"].e', '["x[0]"]']) expect(formatJsonPath(parseJsonPath(path))).toBe(path);
  });
});
