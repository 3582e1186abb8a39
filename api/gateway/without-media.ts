import type { Json } from '../../schema/contracts/json.ts';

/** Texts at least this long are looked at: images and recordings are longer, and little else. */
const longText = 8_192;
const media = /^(data:[\w.+-]+\/[\w.+-]+;base64,)?[A-Za-z0-9+/_-]+=*$/;

/** The value with images and recordings (base64, as data URLs too) left out: judges of live answers read texts. */
export function withoutMedia(value: Json): Json {
  if (typeof value === 'string') {
    return value.length >= longText && media.test(value) ? `[${value.length} characters of media left out]` : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutMedia);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutMedia(one)]));
}
