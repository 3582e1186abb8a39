import { closeSync, mkdtempSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseColumnMap } from '../../cli/dataset/column-map.ts';
import { type ReadOptions, readRows } from '../../cli/dataset/read-rows.ts';
import { requireFile } from '../../cli/files/require-file.ts';
import { SluiceError } from '../../schema/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-files-'));

async function read(name: string, content?: string | Uint8Array, options: Partial<ReadOptions> = {}) {
  if (content !== undefined) writeFileSync(join(folder, name), content);
  const rows = [];
  for await (const row of readRows(requireFile(name, folder), { map: {}, ...options })) rows.push(row);
  return rows;
}

/** `message / fix` of what reading the file throws. */
async function complaint(name: string, content?: string | Uint8Array, options?: Partial<ReadOptions>) {
  const error = await read(name, content, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SluiceError);
  const { message, fix } = error as SluiceError;
  return `${message} / ${fix}`;
}

const jsonl = (lines: unknown[]) =>
  `${lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')}\n`;
const good = Array.from({ length: 30 }, (_, index) => ({ id: `e${index}`, input: `q${index}` }));
const withLine20 = (line: unknown) => jsonl([...good.slice(0, 19), line, ...good.slice(20)]);

describe('a JSONL file', () => {
  it('keeps the types of values, takes numbers as ids, and puts unknown keys into metadata', async () => {
    const rows = await read(
      'types.jsonl',
      '{"id":7,"input":{"a":[1,true,null]},"expected":3,"topic":"x","splits":["a"]}\n',
    );
    expect(rows).toEqual([
      {
        line: 1,
        row: { id: '7', input: { a: [1, true, null] }, expected: 3, metadata: { topic: 'x' }, splits: ['a'] },
      },
    ]);
  });

  it('may have a byte order mark, CRLF, blank lines, and no line end at the end', async () => {
    const rows = await read('loose.jsonl', '\uFEFF{"input":"ä"}\r\n\r\n  \n{"input":2}');
    expect(rows.map(({ line, row }) => [line, row.input])).toEqual([
      [1, 'ä'],
      [4, 2],
    ]);
  });

  it.each([
    ['{"input": "x" "expected": 1}', /line 20: not JSON: .*column 15, near .*"x\\" \\"exp.*one complete JSON object/],
    ['{"input": nope}', /line 20: not JSON: Unexpected token/],
    ['{"input": "x', /line 20: not JSON: Unterminated string/],
    ['id,input', /line 20: not JSON: .*looks like CSV: give --format csv/],
    ['[1]', /line 20: expected a JSON object, found an array .*jq -c/],
    ['"x"', /line 20: expected a JSON object, found "x"/],
    ['{"question": "x"}', /line 20: the example has no "input".*found question/],
    ['{"input": "x", "metadata": 3}', /line 20: metadata: expected a JSON object, found 3/],
    ['{"input": "x", "id": {"a": 1}}', /line 20: id: expected text or a number, found \{"a":1\}/],
    ['{"input": "x", "id": "e3"}', /line 20: the id "e3" is used twice, in line 4 and in line 20/],
    ['{"input": "a\\u0000b"}', /line 20: found a NUL character/],
    ['{"input": "a\\ud800b"}', /line 20: found half of a surrogate pair/],
    ['{"input": 12345678901234567890}', /line 20: the number 12345678901234567890 cannot be kept exactly.*as a string/],
    ['{"input": 1e999}', /line 20: the number 1e999 cannot be kept exactly/],
    [`{"input": "x", "splits": ["${'s'.repeat(101)}"]}`, /line 20: splits\[0\]: .*<=100 characters/],
  ])('with line 20 = %s says what, where and what to do', async (line, expected) => {
    expect(await complaint('bad.jsonl', withLine20(line))).toMatch(expected);
  });

  it('with a line of 300 MB is refused at the limit, with the line, without holding it', async () => {
    const file = openSync(join(folder, 'huge.jsonl'), 'w');
    writeSync(file, '{"input": "a"}\n{"input": "');
    const part = Buffer.alloc(1_000_000, 'x');
    for (let megabytes = 0; megabytes < 300; megabytes += 1) writeSync(file, part);
    closeSync(file);
    const before = process.memoryUsage().rss;
    expect(await complaint('huge.jsonl')).toMatch(/huge.jsonl line 2: the line is longer than 8,388,608 bytes/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it('with a map from a column that no example has names the columns there are', async () => {
    const map = parseColumnMap(['expected=anser']);
    expect(await complaint('map.jsonl', jsonl([{ input: 1, answer: 2 }]), { map })).toMatch(
      /no example has "anser".*found input, answer; did you mean "answer"\? \/ .*--map expected=COLUMN/,
    );
  });
});

describe('a CSV file', () => {
  it('gives text, empty cells as no value, metadata as JSON, several splits, and lines as the reader counts them', async () => {
    const rows = await read(
      'good.csv',
      '\uFEFFid,input,expected,splits,metadata,clusterKey,topic\r\na,"two\r\nlines",1,"x,y","{""k"": 2}",c1,t\r\n\r\nb,z,,,,,\r\n',
    );
    expect(rows).toEqual([
      {
        line: 2,
        row: {
          id: 'a',
          input: 'two\r\nlines',
          expected: '1',
          metadata: { k: 2, topic: 't' },
          splits: ['x', 'y'],
          clusterKey: 'c1',
        },
      },
      { line: 5, row: { id: 'b', input: 'z', metadata: { topic: '' } } },
    ]);
  });

  it('copies mapped columns as they are, beside its own metadata', async () => {
    const map = parseColumnMap(['input=question', 'clusterKey=question', 'expected=answer']);
    const [row] = await read('mapped.csv', 'question,answer\n 2+2? ,4\n', { map, split: 'golden' });
    expect(row?.row).toEqual({
      input: ' 2+2? ',
      clusterKey: ' 2+2? ',
      expected: '4',
      metadata: { question: ' 2+2? ', answer: '4' },
      splits: ['golden'],
    });
  });

  it('separated by semicolons or tabs is understood', async () => {
    expect((await read('semi.csv', 'input;expected\n"a,b";1\n'))[0]?.row).toEqual({ input: 'a,b', expected: '1' });
    expect((await read('tab.tsv', 'input\texpected\na\t1\n'))[0]?.row).toEqual({ input: 'a', expected: '1' });
  });

  const rows = Array.from({ length: 50 }, (_, index) => `${index},q${index}`);
  const csv = (line20: string, header = 'id,input', quoted = false) => {
    const lines = rows.map((row) => (quoted ? row.replace(/,(.*)/, ',"$1"') : row));
    return `${[header, ...lines.slice(0, 18), line20, ...lines.slice(19)].join('\n')}\n`;
  };

  it.each([
    ['a cell too few', csv('18'), /line 20: found 1 cell, expected 2 \(id, input\): "18" .*double quotes/],
    ['a cell too many', csv('18,a,b'), /line 20: found 3 cells, expected 2/],
    ['a quote that is never closed', csv('18,"a'), /line 20: a quote is opened in the row that begins here and never/],
    ['an open quote among quoted cells', csv('18,"a', 'id,input', true), /line 20: quotes do not match/],
    ['a quote within a cell', csv('18,a "b" c'), /line 20: a quote stands in the middle of a cell/],
    ['an id used twice', csv('3,a'), /line 20: the id "3" is used twice, in line 5 and in line 20/],
    ['metadata that is no JSON', 'input,metadata\na,{b\n', /line 2: metadata: not JSON/],
  ])('with %s says what, where and what to do', async (_what, content, expected) => {
    expect(await complaint('bad.csv', content)).toMatch(expected);
  });

  it('without a column `input` lists the columns and the --map to use', async () => {
    expect(await complaint('noinput.csv', 'nr,question,answer\n1,a,b\n')).toMatch(
      /line 1: there is no column "input"; found nr, question, answer \/ .*--map input=question --map expected=answer/,
    );
    expect(await complaint('noguess.csv', 'a,b\n1,2\n')).toContain('--map input=COLUMN');
  });

  it('with a column named twice, or only a header, or bytes that are not UTF-8, is refused', async () => {
    expect(await complaint('twice.csv', 'input,a,a\n1,2,3\n')).toMatch(/line 1: the header names the column "a" twice/);
    expect(await complaint('header.csv', 'input\n')).toMatch(/the file has no examples/);
    const latin = Buffer.from('id,input\n1,a\n2,ä\n', 'latin1');
    expect(await complaint('latin.csv', latin)).toMatch(/latin.csv line 3: found bytes that are not UTF-8/);
  });

  it('with a row that never ends is refused at the limit', async () => {
    const content = `id,input\n1,a\n2,"${'x'.repeat(9_000_000)}\n`;
    expect(await complaint('long.csv', content)).toMatch(/line 3: the row that begins here is longer than 8,388,608/);
  });
});

describe('a file that is none', () => {
  it('is missing: the nearest name is suggested', async () => {
    writeFileSync(join(folder, 'support.csv'), 'input\na\n');
    expect(await complaint('suport.csv')).toMatch(/suport.csv: there is no such file .* Did you mean "support.csv"/);
  });

  it.each([
    ['empty.csv', '', /the file is empty \(0 bytes\)/],
    ['zero.csv', new Uint8Array([1, 0, 2]), /found binary data/],
    ['book.csv', 'PK\u0003\u0004', /an Excel workbook.*Export it as CSV/],
    ['packed.jsonl', new Uint8Array([0x1f, 0x8b, 8]), /gzip.*gunzip/],
    ['utf16.csv', Buffer.from('\uFEFFinput\na\n', 'utf16le'), /UTF-16.*UTF-8/],
    ['notes.txt', 'a', /format cannot be told from the name.*--format/],
  ])('%s is refused in words', async (name, content, expected) => {
    expect(await complaint(name, content)).toMatch(expected);
  });

  it('is a folder: files in it are named', async () => {
    expect(await complaint('.')).toMatch(/found a folder, expected a file .* there is /);
  });
});

describe('--map', () => {
  it.each([
    ['input', /--map input: expected to=from/],
    ['inptu=a', /unknown target "inptu"; did you mean "input"/],
    ['question=input', /written target=column: did you mean input=question/],
  ])('%s is refused in words', (pair, expected) => {
    expect(() => parseColumnMap([pair])).toThrow(SluiceError);
    try {
      parseColumnMap([pair]);
    } catch (error) {
      expect(`${(error as SluiceError).message} / ${(error as SluiceError).fix}`).toMatch(expected);
    }
  });
});
