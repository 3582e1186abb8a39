import { createReadStream } from 'node:fs';
import { datasetLimits } from '../../schema/contracts/dataset.ts';
import type { NamedFile } from '../files/require-file.ts';
import { fileError } from './file-error.ts';
import { refuseBinary } from './refuse-binary.ts';

const newline = 0x0a;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line end. */
  readonly text: string;
}

/**
 * The lines of a UTF-8 file, at most one of them in memory.
 *
 * @throws {SluiceError} naming the line that is longer than `datasetLimits.lineBytes` (before reading all of it) or
 *   not UTF-8
 */
export async function* readLines({ path, shown }: NamedFile): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 1;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const take = (end: Uint8Array): Line => {
    const bytes = held.length === 0 ? end : Buffer.concat([...held, end]);
    held = [];
    heldBytes = 0;
    return { number: number++, text: decode(decoder, bytes, { file: shown, line: number - 1 }) };
  };
  let first = true;
  for await (const chunk of createReadStream(path, { highWaterMark: 262_144 }) as AsyncIterable<Buffer>) {
    if (first) refuseBinary(shown, chunk.subarray(0, 8_192));
    first = false;
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      refuseLong(shown, number, heldBytes + at - from);
      yield take(chunk.subarray(from, at));
      from = at + 1;
    }
    heldBytes += chunk.length - from;
    if (from < chunk.length) held.push(chunk.subarray(from));
    refuseLong(shown, number, heldBytes);
  }
  if (heldBytes > 0) yield take(new Uint8Array());
}

function refuseLong(file: string, line: number, bytes: number): void {
  if (bytes <= datasetLimits.lineBytes) return;
  throw fileError({
    file,
    line,
    message: `the line is longer than ${datasetLimits.lineBytes.toLocaleString('en')} bytes, the most that is read`,
    fix: 'Is a line end missing? Each example stands on a line of its own; media are referred to, not held.',
    tooLarge: true,
  });
}

function decode(decoder: TextDecoder, bytes: Uint8Array, where: { file: string; line: number }): string {
  const end = bytes[bytes.length - 1] === 0x0d ? bytes.length - 1 : bytes.length;
  try {
    // The decoder takes a byte order mark away.
    return decoder.decode(bytes.subarray(0, end));
  } catch {
    throw fileError({ ...where, message: 'found bytes that are not UTF-8', fix: 'Save the file as UTF-8.' });
  }
}
