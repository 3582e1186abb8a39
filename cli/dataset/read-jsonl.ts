import type { ExampleRow } from '../../schema/contracts/dataset.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import type { NamedFile } from '../files/require-file.ts';
import { buildRow, type FileRecord } from './build-row.ts';
import type { ColumnMap } from './column-map.ts';
import { fileError } from './file-error.ts';
import { parseJsonLine } from './parse-json-line.ts';
import { readLines } from './read-lines.ts';

/** One example and the line it begins on. */
export interface FileRow {
  readonly line: number;
  readonly row: ExampleRow;
}

/** The examples of a JSONL file: one object per line, blank lines skipped. */
export async function* readJsonl(file: NamedFile, map: ColumnMap): AsyncGenerator<FileRow> {
  const unseen = new Map(Object.entries(map));
  const columns = new Set<string>();
  let first = true;
  for await (const { line, record } of readJsonRecords(file)) {
    for (const [to, from] of unseen) if (from in record) unseen.delete(to);
    if (unseen.size > 0 && columns.size < 50) for (const column of Object.keys(record)) columns.add(column);
    yield { line, row: buildRow(record, { file: file.shown, line, map, text: false, first }) };
    first = false;
  }
  for (const [to, from] of unseen) {
    if (columns.size === 0) return;
    throw fileError({
      file: file.shown,
      line: null,
      message: `no example has "${from}", which \`${to}\` is to be copied from; found ${[...columns].join(', ')}${suggest(from, [...columns]).replace(/^; known:.*/, '')}`,
      fix: `Name one of the columns found: --map ${to}=COLUMN.`,
    });
  }
}

/** The objects of a JSONL file, with the line each stands on. */
export async function* readJsonRecords(file: NamedFile): AsyncGenerator<{ line: number; record: FileRecord }> {
  for await (const { number, text } of readLines(file)) {
    if (text.trim() === '') continue;
    const where = { file: file.shown, line: number };
    const record = number === 1 && text.trim() === '[' ? [] : parseJsonLine(text, where);
    if (record === null || typeof record !== 'object' || Array.isArray(record)) {
      throw fileError({
        ...where,
        message: `expected a JSON object, found ${Array.isArray(record) ? 'an array' : JSON.stringify(record).slice(0, 60)}`,
        fix: Array.isArray(record)
          ? `JSONL has one object per line. To turn an array into that: \`jq -c '.[]' ${file.shown} > FILE.jsonl\`.`
          : 'Each line is one object, e.g. {"input": "…", "expected": "…"}.',
      });
    }
    yield { line: number, record };
  }
}
