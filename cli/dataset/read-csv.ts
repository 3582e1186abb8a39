import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { datasetLimits } from '../../schema/contracts/dataset.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import type { NamedFile } from '../files/require-file.ts';
import { buildRow, type FileRecord, withoutInput } from './build-row.ts';
import type { ColumnMap } from './column-map.ts';
import { fileError } from './file-error.ts';
import { parseJsonLine } from './parse-json-line.ts';
import type { FileRow } from './read-jsonl.ts';
import { refuseBinary } from './refuse-binary.ts';

const newline = 0x0a;

interface CsvRecord {
  line: number;
  record: FileRecord;
  /** Columns that held JSON: an empty text in them is a value. */
  typed: ReadonlySet<string>;
}

interface ParsedRecord {
  record: string[];
  /** Where it begins. */
  line: number;
}

/**
 * The examples of a CSV file with a header. Separated by commas; by semicolons or tabs when the header has no comma.
 *
 * @throws {SluiceError} for a row with too few or too many cells and for a quote that is never closed, naming the line
 *   where that row begins
 */
export async function* readCsv(file: NamedFile, map: ColumnMap): AsyncGenerator<FileRow> {
  const records = readRecords(file, (record, where) => checkHeader(record, where, map));
  for await (const { line, record, typed } of records) {
    yield { line, row: buildRow(record, { file: file.shown, line, map, text: true, typed }) };
  }
}

/**
 * The rows of a CSV file with a header, as text.
 * @param oneOf columns of which the header must have one
 */
export async function* readCsvRecords(file: NamedFile, oneOf: readonly string[]): AsyncGenerator<CsvRecord> {
  yield* readRecords(file, (record, where) => {
    const header = uniqueHeader(record, where);
    if (oneOf.some((column) => header.includes(column))) return header;
    throw fileError({
      ...where,
      message: `there is no column "${oneOf[0]}"; found ${header.join(', ')}`,
      fix: `Add it: each row says which ${oneOf[0]} it belongs to.`,
    });
  });
}

async function* readRecords(
  file: NamedFile,
  checked: (header: string[], where: { file: string; line: number }) => string[],
): AsyncGenerator<CsvRecord> {
  const lines = lineCounter();
  const chunks = checkedChunks(file, lines.add);
  const first = await chunks.next();
  const start: Buffer = first.done ? Buffer.alloc(0) : first.value;
  let end = 0;
  let blank = 0;
  const parser = Readable.from(rejoin(start, chunks)).pipe(
    parse({
      bom: true,
      // Called while parsing, so that a mistake further on knows the last good record. The library's own line numbers
      // count a line end inside quotes twice; its bytes are exact.
      on_record: (record, info) => {
        const line = lines.at(end) + (info.empty_lines - blank);
        end = info.bytes;
        blank = info.empty_lines;
        // Typed as cells; the loop below takes it for what it is.
        return { record, line } as unknown as string[];
      },
      delimiter: delimiterOf(start),
      record_delimiter: ['\r\n', '\n'],
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: datasetLimits.lineBytes,
    }),
  );
  let header: string[] | undefined;
  let typed: ReadonlySet<string> = new Set();
  try {
    for await (const { record, line } of parser as AsyncIterable<ParsedRecord>) {
      if (header === undefined) {
        header = checked(record, { file: file.shown, line });
        typed = new Set(header.filter((column) => column.endsWith(':json')).map((column) => column.slice(0, -5)));
        continue;
      }
      if (record.length !== header.length) throw wrongLength(record, header, { file: file.shown, line });
      refuseNul(record, { file: file.shown, line });
      yield { line, record: parseJsonCells(header, record, { file: file.shown, line }), typed };
    }
  } catch (error) {
    if (!String((error as CsvError).code).match(/^(CSV_|INVALID_)/)) throw error;
    const { empty_lines = 0 } = error as { empty_lines?: number };
    throw explainCsv(error as CsvError, { file: file.shown, line: lines.at(end) + (empty_lines - blank) });
  }
  if (header === undefined) {
    throw fileError({
      file: file.shown,
      line: null,
      message: 'the file has no rows',
      fix: 'Was it written to the end?',
    });
  }
}

function checkHeader(record: string[], where: { file: string; line: number }, map: ColumnMap): string[] {
  const header = uniqueHeader(record, where);
  const columns = header.map((column) => column.replace(/:json$/, ''));
  if (!columns.includes(map.input ?? 'input')) throw withoutInput(header, map, where);
  for (const [to, from] of Object.entries(map)) {
    if (columns.includes(from)) continue;
    throw fileError({
      ...where,
      message: `there is no column "${from}", which \`${to}\` is to be copied from; found ${header.join(', ')}${suggest(from, header).replace(/^; known:.*/, '')}`,
      fix: `Name one of the columns found: --map ${to}=COLUMN.`,
    });
  }
  return header;
}

/** Cells of a column `name:json` hold JSON, where a plain column holds text; an empty one is no value. */
function parseJsonCells(
  header: readonly string[],
  cells: readonly string[],
  where: { file: string; line: number },
): FileRecord {
  return Object.fromEntries(
    header.flatMap((column, index): [string, Json | undefined][] => {
      const cell = cells[index];
      if (!column.endsWith(':json')) return [[column, cell]];
      return cell === undefined || cell === '' ? [] : [[column.slice(0, -5), parseJsonLine(cell, where)]];
    }),
  );
}

function uniqueHeader(record: string[], where: { file: string; line: number }): string[] {
  const header = record.map((cell, index) => cell.trim() || `column_${index + 1}`);
  const twice = header.find((column, index) => header.indexOf(column) !== index);
  if (twice !== undefined) {
    throw fileError({
      ...where,
      message: `the header names the column "${twice}" twice`,
      fix: 'Rename one of the two.',
    });
  }
  return header;
}

function wrongLength(record: string[], header: string[], where: { file: string; line: number }) {
  const cells = `${record.length} ${record.length === 1 ? 'cell' : 'cells'}`;
  return fileError({
    ...where,
    message: `found ${cells}, expected ${header.length} (${header.join(', ').slice(0, 120)}): ${JSON.stringify(record.join(',').slice(0, 60))}`,
    fix: 'A cell that holds a comma, a quote or a line end stands in double quotes; a quote inside is doubled.',
  });
}

function refuseNul(record: string[], where: { file: string; line: number }): void {
  if (!record.some((cell) => cell.includes('\u0000'))) return;
  throw fileError({ ...where, message: 'found a NUL character, expected text', fix: 'Remove it.' });
}

function explainCsv(error: CsvError, where: { file: string; line: number }) {
  switch (error.code as string) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return fileError({
        ...where,
        message: 'a quote is opened in the row that begins here and never closed: the rest of the file is inside it',
        fix: 'Close it; a quote inside a quoted cell is doubled ("").',
      });
    case 'CSV_MAX_RECORD_SIZE':
      return fileError({
        ...where,
        message: `the row that begins here is longer than ${datasetLimits.lineBytes.toLocaleString('en')} bytes, the most that is read`,
        fix: 'Is a quote opened there and never closed? Media are referred to, not held.',
        tooLarge: true,
      });
    case 'INVALID_OPENING_QUOTE':
      return fileError({
        ...where,
        message: 'a quote stands in the middle of a cell, expected it around the whole cell',
        fix: 'Put the cell in double quotes and double the quote inside it ("").',
      });
    case 'CSV_INVALID_CLOSING_QUOTE':
      return fileError({
        ...where,
        message: 'quotes do not match in the row that begins here: text follows the closing quote',
        fix: 'Is an opening quote never closed? A quote inside a quoted cell is doubled ("").',
      });
    default:
      return fileError({ ...where, message: `not CSV: ${error.message}`, fix: 'Correct the row that begins there.' });
  }
}

/** Chunks of the file, each told to `onChunk`; UTF-8 is checked on the way. */
async function* checkedChunks(file: NamedFile, onChunk: (chunk: Buffer) => void): AsyncGenerator<Buffer, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let first = true;
  let line = 1;
  const check = (chunk: Buffer | undefined) => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw fileError({
        file: file.shown,
        line: chunk === undefined ? null : line + badLine(chunk),
        message: 'found bytes that are not UTF-8',
        fix: 'Save the file as UTF-8 (Excel: "CSV UTF-8").',
      });
    }
  };
  for await (const chunk of createReadStream(file.path, { highWaterMark: 262_144 }) as AsyncIterable<Buffer>) {
    if (first) refuseBinary(file.shown, chunk.subarray(0, 8_192));
    first = false;
    check(chunk);
    line += countNewlines(chunk);
    onChunk(chunk);
    yield chunk;
  }
  check(undefined);
}

/** Lines before the first that is not UTF-8; a character cut by the chunk's edge counts as none. */
function badLine(chunk: Buffer): number {
  let from = chunk.indexOf(newline) + 1;
  if (!isUtf8(chunk.subarray(0, from || chunk.length)) && from > 4) return 0;
  for (let count = 1; from > 0; count += 1) {
    const to = chunk.indexOf(newline, from) + 1;
    if (!isUtf8(chunk.subarray(from, to || chunk.length))) return count;
    from = to;
  }
  return 0;
}

function countNewlines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) count += 1;
  return count;
}

/** Tells line numbers for growing byte offsets; forgets the lines before. */
function lineCounter() {
  let ends: number[] = [];
  let passed = 0;
  let next = 0;
  let read = 0;
  return {
    add(chunk: Buffer): void {
      if (next > 65_536) {
        passed += next;
        ends = ends.slice(next);
        next = 0;
      }
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) ends.push(read + at + 1);
      read += chunk.length;
    },
    /** The line, from 1, that holds the byte at `offset`. */
    at(offset: number): number {
      while (next < ends.length && (ends[next] as number) <= offset) next += 1;
      return passed + next + 1;
    },
  };
}

async function* rejoin(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

function delimiterOf(start: Buffer): string {
  const header = start.toString('utf8').split('\n', 1)[0] ?? '';
  if (header.includes(',')) return ',';
  return ['\t', ';'].find((delimiter) => header.includes(delimiter)) ?? ',';
}
