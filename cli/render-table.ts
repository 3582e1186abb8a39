import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';

/** A table without frames as wide as its widest row, or undefined when that is more than `width`. */
export function renderTable(header: string[], rows: string[][], width: number): string | undefined {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(length)),
  );
  const total = widths.reduce((sum, one) => sum + one + 2, -2);
  if (total > width) return undefined;
  const none = '';
  const table = new Table({
    head: header,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: none,
    },
  });
  table.push(...rows);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Columns that the text fills, colours apart. */
function length(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
