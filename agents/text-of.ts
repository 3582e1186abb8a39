import type { Json } from '../schema/contracts/json.ts';

/** Says nothing about what is asked. */
const unread = new Set(['role', 'type', 'data', 'url', 'mediaType', 'sha256', 'sizeBytes', 'format', 'detail']);

/** What of an input is compared: every text in it, one after the other, in reading order. */
export function textOf(input: Json): string {
  if (typeof input === 'string') return input;
  if (input === null || typeof input !== 'object') return String(input ?? '');
  const left = Array.isArray(input)
    ? input
    : Object.entries(input).flatMap(([key, value]) => (unread.has(key) ? [] : [value]));
  return left.map(textOf).join(' ');
}
