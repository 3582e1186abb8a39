import type { GlobalOptions } from './global-options.ts';

/** Prints a list: a table for a person, with `json` one line of JSON. */
export async function printRows<Row>(
  rows: readonly Row[],
  { json }: Pick<GlobalOptions, 'json'>,
  shown: { none: string; columns: Record<string, (row: Row) => string> },
): Promise<void> {
  if (json) return console.log(JSON.stringify(rows));
  if (rows.length === 0) return console.log(shown.none);
  const { renderTable } = await import('./render-table.ts');
  const columns = Object.entries(shown.columns);
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
  const header = columns.map(([title]) => title);
  console.log(renderTable(header, cells, width) ?? cells.map((row) => row.filter(Boolean).join('  ')).join('\n'));
}
