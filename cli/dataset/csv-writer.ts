import type { ExampleRow } from '../../schema/contracts/dataset.ts';

/**
 * Rows as CSV that `dataset push` reads as the same content. Inputs and expected values that are not all text stand in
 * columns of JSON, `input:json` and `expected:json`; metadata are JSON, so that numbers stay numbers.
 */
export function csvWriter(textOnly: { input: boolean; expected: boolean }): {
  header: string;
  line(row: ExampleRow): string;
} {
  const columns: [string, (row: ExampleRow) => string][] = [
    ['id', ({ id }) => id ?? ''],
    textOnly.input ? ['input', ({ input }) => input as string] : ['input:json', ({ input }) => JSON.stringify(input)],
    textOnly.expected
      ? ['expected', ({ expected }) => (expected as string | undefined) ?? '']
      : ['expected:json', ({ expected }) => (expected === undefined ? '' : JSON.stringify(expected))],
    ['splits', ({ splits }) => (splits ? JSON.stringify(splits) : '')],
    ['metadata', ({ metadata }) => (metadata ? JSON.stringify(metadata) : '')],
    ['clusterKey', ({ clusterKey }) => clusterKey ?? ''],
    ['sourceTraceId', ({ sourceTraceId }) => sourceTraceId ?? ''],
  ];
  return {
    header: `${columns.map(([name]) => name).join(',')}\n`,
    line: (row) => `${columns.map(([, cell]) => quoted(cell(row))).join(',')}\n`,
  };
}

function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
