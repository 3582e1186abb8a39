import type { Json } from '../../schema/contracts/json.ts';

/** Escapes that JSON allows and Postgres refuses: U+0000 and lone surrogates. */
const suspicious = /\\u(0000|d[89a-f])/i;

/** The same JSON with U+0000 and lone surrogates replaced by U+FFFD, and its text. */
export function storable(value: Json): { value: Json; text: string } {
  const text = JSON.stringify(value);
  if (!suspicious.test(text)) return { value, text };
  const clean = JSON.parse(text, (_key, one) => (typeof one === 'string' ? cleanText(one) : one)) as Json;
  const cleaned = cleanKeys(clean);
  return { value: cleaned, text: JSON.stringify(cleaned) };
}

function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

function cleanKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(cleanKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [cleanText(key), cleanKeys(one)]));
}
