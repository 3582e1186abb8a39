/**
 * A table of GitHub Markdown from cells that are Markdown already, without line ends. Rows beyond `most` are counted
 * instead of shown.
 */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[], most = 40): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const more = rows.length - most;
  return [
    line(header),
    line(header.map(() => '---')),
    ...rows.slice(0, most).map(line),
    ...(more > 0 ? ['', `… and ${more} more rows`] : []),
  ].join('\n');
}
