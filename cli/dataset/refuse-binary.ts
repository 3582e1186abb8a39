import { fileError } from './file-error.ts';

const kinds: [signature: number[], what: string, fix: string][] = [
  [[0x1f, 0x8b], 'a gzip archive', 'Unpack it first: `gunzip FILE`.'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive or an Excel workbook', 'Export it as CSV, or unpack it first.'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file', 'Export it as JSONL or CSV.'],
  [[0xff, 0xfe], 'text in UTF-16', 'Save it as UTF-8.'],
  [[0xfe, 0xff], 'text in UTF-16', 'Save it as UTF-8.'],
];

/** Refuses what is no text, by its first bytes. */
export function refuseBinary(file: string, start: Uint8Array): void {
  const kind = kinds.find(([signature]) => signature.every((byte, index) => start[index] === byte));
  const binary = start.includes(0);
  if (!kind && !binary) return;
  throw fileError({
    file,
    line: null,
    message: `found ${kind?.[1] ?? 'binary data (a NUL byte)'}, expected JSONL or CSV in UTF-8`,
    fix: kind?.[2] ?? 'Export it as JSONL or CSV.',
  });
}
