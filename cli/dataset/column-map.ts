import { suggest } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';

/** Columns with a meaning; every other one becomes metadata. */
export const knownColumns = [
  'id',
  'input',
  'expected',
  'split',
  'splits',
  'metadata',
  'clusterKey',
  'sourceTraceId',
] as const;
export type KnownColumn = (typeof knownColumns)[number];

/** Which column of the file each known column is copied from. */
export type ColumnMap = Readonly<Partial<Record<KnownColumn, string>>>;

/**
 * Reads `to=from` pairs.
 * @throws {SluiceError} when `to` is none of the known columns, or is given twice
 */
export function parseColumnMap(pairs: readonly string[]): ColumnMap {
  return columnMap(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0 && at < pair.length - 1) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new SluiceError({
        code: 'invalid_input',
        message: `--map ${pair}: expected to=from, e.g. --map input=question`,
        fix: `Left of "=" stands one of ${knownColumns.join(', ')}; right of it a column of the file.`,
      });
    }),
  );
}

/** @throws {SluiceError} when a key is none of the known columns, or is given twice */
export function columnMap(entries: readonly (readonly [string, string])[]): ColumnMap {
  const map = new Map<string, string>();
  for (const [to, from] of entries) {
    if (!(knownColumns as readonly string[]).includes(to)) {
      // `--map question=input` the wrong way round is the usual slip.
      const turned = (knownColumns as readonly string[]).includes(from);
      throw new SluiceError({
        code: 'invalid_input',
        message: `map ${to}=${from}: unknown target "${to}"${turned ? '' : suggest(to, knownColumns)}`,
        fix: turned
          ? `It is written target=column: did you mean ${from}=${to}?`
          : `Targets are ${knownColumns.join(', ')}; other columns become metadata by themselves.`,
      });
    }
    if (map.has(to)) {
      throw new SluiceError({
        code: 'invalid_input',
        message: `map: "${to}" is given twice, from "${map.get(to)}" and from "${from}"`,
        fix: 'Keep one of the two.',
      });
    }
    map.set(to, from);
  }
  return Object.fromEntries(map);
}

const likely = {
  input: ['question', 'prompt', 'query', 'text', 'message', 'instruction', 'request', 'problem', 'user', 'content'],
  expected: ['answer', 'expected_output', 'expectedOutput', 'target', 'label', 'reference', 'output', 'completion'],
} as const;

/** The column that most likely holds the input: by usual names, else the first that holds no known column. */
export function guessColumn(to: 'input' | 'expected', columns: readonly string[]): string | undefined {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  for (const name of [to, ...likely[to]]) {
    const found = columns.find((column) => plain(column) === plain(name));
    if (found !== undefined) return found;
  }
  for (const name of likely[to]) {
    const found = columns.find((column) => plain(column).includes(plain(name)));
    if (found !== undefined) return found;
  }
  return undefined;
}
