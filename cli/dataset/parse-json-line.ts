import type { Json } from '../../schema/contracts/json.ts';
import { fileError } from './file-error.ts';

/**
 * One line of JSONL. What Postgres or a double would not keep as written is refused rather than changed: NUL
 * characters, halves of surrogate pairs, integers beyond 2^53.
 */
export function parseJsonLine(text: string, where: { file: string; line: number }): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw notJson(text, (error as Error).message, where);
  }
  if (text.includes('\\u')) refuseUnkeptText(value, where);
  if (/\d{16}|\de\+?\d{3}/i.test(text)) refuseUnkeptNumbers(text, where);
  return value;
}

function notJson(text: string, reason: string, where: { file: string; line: number }) {
  const position = Number(/at position (\d+)/.exec(reason)?.[1] ?? Number.NaN);
  const start = text.trimStart()[0];
  const place = Number.isNaN(position)
    ? reason.replace(/ is not valid JSON$/, '').slice(0, 160)
    : `${reason.replace(/ in JSON at position.*$/, '')} at column ${position + 1}, near ${near(text, position)}`;
  const csv = start !== undefined && !'{["'.includes(start) && text.includes(',');
  return fileError({
    ...where,
    message: `not JSON: ${place}`,
    fix: csv
      ? 'It looks like CSV: give --format csv, or name the file .csv.'
      : 'Each line of JSONL is one complete JSON object, e.g. {"input": "…", "expected": "…"}.',
  });
}

function near(text: string, position: number): string {
  const from = Math.max(0, position - 20);
  const to = Math.min(text.length, position + 20);
  return JSON.stringify(`${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`);
}

/** Refuses text that Postgres cannot hold, wherever it stands in the value. */
export function refuseUnkeptText(value: Json, where: { file: string; line: number }): void {
  if (typeof value === 'string') {
    if (!value.includes('\u0000') && value.isWellFormed()) return;
    throw fileError({
      ...where,
      message: `found ${value.includes('\u0000') ? 'a NUL character (\\u0000)' : 'half of a surrogate pair (\\ud800 to \\udfff alone)'} in ${JSON.stringify(value.slice(0, 40))}, expected text`,
      fix: 'Remove it: Postgres cannot hold it.',
    });
  }
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) for (const item of value) refuseUnkeptText(item, where);
  else {
    for (const [key, item] of Object.entries(value)) {
      refuseUnkeptText(key, where);
      refuseUnkeptText(item, where);
    }
  }
}

function refuseUnkeptNumbers(text: string, where: { file: string; line: number }): void {
  JSON.parse(text, (_key, value, context?: { source?: string }) => {
    const source = context?.source;
    const lost =
      typeof value === 'number' &&
      source !== undefined &&
      (!Number.isFinite(value) || (/^-?\d+$/.test(source) && BigInt(source) !== BigInt(value)));
    if (!lost) return value;
    throw fileError({
      ...where,
      message: `the number ${source.slice(0, 40)} cannot be kept exactly (beyond 2^53)`,
      fix: 'Write it as a string, in double quotes.',
    });
  });
}
