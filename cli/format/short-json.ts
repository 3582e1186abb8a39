import type { Json } from '../../schema/contracts/json.ts';

/** A value on one line, at most `limit` characters of it. Text as it is, everything else as JSON. */
export function shortJson(value: Json, limit: number): string {
  const text = (typeof value === 'string' ? value : JSON.stringify(value))
    .replaceAll(/\s+/g, ' ')
    // Escape codes in an answer must not reach a terminal.
    .replaceAll(/\p{Cc}/gu, '?');
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, Math.max(1, limit - 1)).join('')}…`;
}
