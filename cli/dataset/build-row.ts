import { type ExampleRow, exampleRowSchema } from '../../schema/contracts/dataset.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { explain, suggest } from '../../schema/contracts/parse-input.ts';
import { type ColumnMap, guessColumn, type KnownColumn, knownColumns } from './column-map.ts';
import { fileError } from './file-error.ts';

/** One record of a file: columns to values, all of them text in CSV. */
export type FileRecord = Readonly<Record<string, Json | undefined>>;

const shortFields = exampleRowSchema.omit({ input: true, expected: true, metadata: true });

/**
 * One record as an example: known columns by name or by `map`, every other one into `metadata`.
 *
 * `options.text` is true for CSV: an empty cell is no value, but in a column of `options.typed`, and `metadata` and
 * `splits` are parsed. `first` is false
 * for a record after another that had an input.
 *
 * @throws {SluiceError} naming the line and the column
 */
export function buildRow(
  record: FileRecord,
  options: { file: string; line: number; map: ColumnMap; text: boolean; typed?: ReadonlySet<string>; first?: boolean },
): ExampleRow {
  const { map, text } = options;
  const where = { file: options.file, line: options.line };
  const take = (column: KnownColumn): Json | undefined => {
    const from = map[column];
    if (from !== undefined && !(from in record) && column !== 'input') return undefined;
    const value = record[from ?? column];
    const isEmptyCell = text && value === '' && !options.typed?.has(from ?? column);
    return isEmptyCell && column !== 'input' ? undefined : value;
  };
  const input = take('input');
  if (input === undefined) {
    if (options.first !== false) throw withoutInput(Object.keys(record), map, where);
    throw fileError({
      ...where,
      message: `the example has no "${map.input ?? 'input'}", which the ones before it have; found ${Object.keys(record).slice(0, 20).join(', ') || 'none'}`,
      fix: 'Add it, or remove the line.',
    });
  }
  const row: ExampleRow = { input };
  const expected = take('expected');
  if (expected !== undefined) row.expected = expected;
  const metadata = allMetadata(record, take('metadata'), where);
  if (metadata !== undefined) row.metadata = metadata;
  const splits = allSplits(take('split'), take('splits'), where);
  if (splits.length > 0) row.splits = splits;
  for (const column of ['id', 'clusterKey', 'sourceTraceId'] as const) {
    const value = take(column);
    if (value !== undefined && value !== null) row[column] = name(column, value, where);
  }
  const { input: _input, expected: _expected, metadata: _metadata, ...short } = row;
  const checked = shortFields.safeParse(short);
  if (checked.success) return row;
  const [mistake] = explain(shortFields, checked.error.issues, short);
  throw fileError({ ...where, message: `${mistake?.path}: ${mistake?.message}`, fix: 'Correct the value.' });
}

/** The error for a file that has no column `input`, with the `--map` that most likely mends it. */
export function withoutInput(columns: readonly string[], map: ColumnMap, where: { file: string; line: number | null }) {
  const found = columns.length > 0 ? columns.slice(0, 20).join(', ') : 'none';
  if (map.input !== undefined) {
    return fileError({
      ...where,
      message: `there is no column "${map.input}", which \`input\` is to be copied from; found ${found}${suggest(map.input, columns).replace(/^; known:.*/, '')}`,
      fix: 'Name one of the columns found: --map input=COLUMN.',
    });
  }
  const guess = guessColumn('input', columns);
  const answer = columns.includes('expected') || map.expected ? undefined : guessColumn('expected', columns);
  const maps = [`--map input=${guess ?? 'COLUMN'}`, ...(answer !== undefined ? [`--map expected=${answer}`] : [])];
  return fileError({
    ...where,
    message: `there is no column "input"; found ${found}`,
    fix: `Say which column it is: ${maps.join(' ')}${guess === undefined ? ', with one of the columns found' : ''}.`,
  });
}

/** Numbers are accepted as names: `{"id": 12}` is the id "12". */
function name(column: string, value: Json, where: { file: string; line: number }): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw fileError({
    ...where,
    message: `${column}: expected text or a number, found ${JSON.stringify(value).slice(0, 60)}`,
    fix: 'Correct the value, or leave it out.',
  });
}

function allSplits(split: Json | undefined, splits: Json | undefined, where: { file: string; line: number }): string[] {
  const names: string[] = [];
  for (const value of [split, splits]) {
    if (value === undefined || value === null) continue;
    const list = typeof value === 'string' && value.startsWith('[') ? parseCell('splits', value, where) : value;
    if (Array.isArray(list)) names.push(...list.map((item) => name('splits', item, where)));
    else if (value === splits && typeof list === 'string')
      names.push(...list.split(/[,;|]/).map((part) => part.trim()));
    else names.push(name('split', list, where));
  }
  return [...new Set(names.filter((one) => one !== ''))];
}

function allMetadata(
  record: FileRecord,
  own: Json | undefined,
  where: { file: string; line: number },
): Record<string, Json> | undefined {
  const given = typeof own === 'string' ? parseCell('metadata', own, where) : own;
  if (given !== undefined && given !== null && (typeof given !== 'object' || Array.isArray(given))) {
    throw fileError({
      ...where,
      message: `metadata: expected a JSON object, found ${JSON.stringify(given).slice(0, 60)}`,
      fix: 'Write it as {"key": value}.',
    });
  }
  const entries = Object.entries(given ?? {});
  const names = new Set(entries.map(([key]) => key));
  for (const [column, value] of Object.entries(record)) {
    if ((knownColumns as readonly string[]).includes(column) || value === undefined) continue;
    if (names.has(column)) {
      throw fileError({
        ...where,
        message: `"${column}" stands in metadata and beside it`,
        fix: 'Keep one of the two.',
      });
    }
    entries.push([column, value]);
  }
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function parseCell(column: string, cell: string, where: { file: string; line: number }): Json {
  try {
    return JSON.parse(cell) as Json;
  } catch (error) {
    throw fileError({
      ...where,
      message: `${column}: not JSON: ${(error as Error).message.slice(0, 160)}`,
      fix: 'Write JSON there, or rename the column: other columns become metadata as they are.',
    });
  }
}
