import type { Json } from './json.ts';

/** Kinds of content parts whose bytes are stored once, by SHA-256, and referred to from rows. */
export const mediaKinds = ['image', 'audio'] as const;
export type MediaKind = (typeof mediaKinds)[number];

export const mediaLimits = {
  /** One image or recording; said in the message that refuses more. @default of SLUICE_ATTACHMENTS_LIMIT_BYTES */
  attachmentBytes: 26_214_400,
  /** Media in an agent's answer up to this many bytes stay in the row. */
  inlineBytes: 1_024,
};

/** What stands in a row in the place of an image or a recording. */
export interface MediaReference {
  type: MediaKind;
  /** Of the bytes, lower-case hex. */
  sha256: string;
  /** `image/png`, `audio/wav`, … */
  mediaType: string;
  sizeBytes: number;
}

/** What the API says of an attachment it has taken or has. */
export interface AttachmentInfo {
  sha256: string;
  mediaType: string;
  sizeBytes: number;
  /** False when the same bytes were there already. */
  created: boolean;
}

export type MediaPart = { type: MediaKind } & { [key: string]: Json };

/** One content part and where it stands, as a reader writes it: `input[1]`. */
export interface FoundMedia {
  part: MediaPart;
  path: string;
}

export function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** `image/…` or `audio/…`, without parameters. */
export function isMediaType(value: unknown): value is string {
  return typeof value === 'string' && /^(image|audio)\/[a-z0-9][a-z0-9.+-]{0,99}$/.test(value);
}

/** The image and audio parts within a value, in reading order. @param path what the value itself is called */
export function findMedia(value: Json | undefined, path: string): FoundMedia[] {
  const found: FoundMedia[] = [];
  walk(value, path, found);
  return found;
}

function walk(value: Json | undefined, path: string, found: FoundMedia[]): void {
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    value.forEach((one, index) => {
      walk(one, `${path}[${index}]`, found);
    });
    return;
  }
  if (isMediaPart(value)) found.push({ part: value, path });
  else for (const [key, one] of Object.entries(value)) walk(one, `${path}.${key}`, found);
}

/** A part counts as media when it holds or names bytes; other objects that say `type: image` are the user's own. */
function isMediaPart(value: { [key: string]: Json }): value is MediaPart {
  if (!(mediaKinds as readonly unknown[]).includes(value.type)) return false;
  return [value.sha256, value.data, value.file].some((one) => typeof one === 'string') || isDataUrl(value.url);
}

/** The value with the parts that `replacements` names replaced; what holds none of them is the same object. */
export function replaceMedia<Value extends Json | undefined>(
  value: Value,
  replacements: ReadonlyMap<MediaPart, Json>,
): Value {
  if (replacements.size === 0 || value === null || typeof value !== 'object') return value;
  const replacement = replacements.get(value as unknown as MediaPart);
  if (replacement !== undefined) return replacement as Value;
  if (Array.isArray(value)) {
    const list = value.map((one) => replaceMedia(one, replacements));
    return (list.some((one, index) => one !== value[index]) ? list : value) as Value;
  }
  let changed = false;
  const entries = Object.entries(value as { [key: string]: Json }).map(([key, one]) => {
    const next = replaceMedia(one, replacements);
    changed ||= next !== one;
    return [key, next] as const;
  });
  return (changed ? Object.fromEntries(entries) : value) as Value;
}

/** The part as a reference: what else stands in it (`detail`, `format`) is kept, its bytes and its file's name are not. */
export function mediaReference(part: MediaPart, media: Omit<MediaReference, 'type'>): MediaPart {
  const { data: _data, file: _file, url, ...rest } = part;
  const { sha256, mediaType, sizeBytes } = media;
  return { ...rest, ...(url === undefined || isDataUrl(url) ? {} : { url }), sha256, mediaType, sizeBytes };
}

/** The bytes of a part as base64; null when it holds none. Throws a sentence when they cannot be read. */
export function inlineMedia(part: MediaPart): { base64: string; mediaType: string } | null {
  const held = typeof part.data === 'string' ? part.data : isDataUrl(part.url) ? part.url : undefined;
  if (held === undefined) return null;
  const url = isDataUrl(held) ? /^data:([^;,]*)[^,]*;base64,/i.exec(held.slice(0, 500)) : null;
  if (isDataUrl(held) && !url) throw new Error('its data URL is not base64, expected data:<media type>;base64,…');
  const base64 = url ? held.slice(url[0].length) : held;
  const named = url?.[1] || part.mediaType || (part.type === 'audio' && part.format && `audio/${part.format}`);
  const mediaType = typeof named === 'string' ? named.toLowerCase() : undefined;
  if (!isMediaType(mediaType)) {
    throw new Error(`it says ${mediaType ? `the media type "${mediaType}"` : 'no mediaType'}, expected ${part.type}/…`);
  }
  if (!mediaType.startsWith(`${part.type}/`)) {
    throw new Error(`its type is ${part.type} and its mediaType "${mediaType}"; expected the same of both`);
  }
  if (base64.length === 0) throw new Error('its data is empty');
  if (!/^[A-Za-z0-9+/_\s-]*={0,2}\s*$/.test(base64)) throw new Error('its data is not base64');
  return { base64, mediaType };
}

function isDataUrl(value: unknown): value is string {
  return typeof value === 'string' && /^data:/i.test(value.slice(0, 5));
}
